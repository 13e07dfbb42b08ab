package evidence

import _ "embed"

// readme tells people what is in a container and how to check it without this program.
//
//go:embed readme.txt
var readme []byte
