package soap

import (
	"fmt"

	"kopir/adapters/httpserver"
	"kopir/gateway"
)

// field is an element of a message with what stands in it.
type field struct{ name, value string }

// plainIDs refuses ids that cannot be stored, logged and sent back as they are: SCE001. One that may
// be missing may be empty.
func plainIDs(fields ...field) error {
	for _, f := range fields {
		if f.value != "" && !httpserver.PlainID(f.value) {
			return formatError(&gateway.Error{Code: gateway.CodeFormInvalid,
				Detail: fmt.Sprintf("%s: at most %d visible ASCII characters without spaces are taken", f.name, httpserver.MaxIDLen)})
		}
	}
	return nil
}

// needed refuses a message without an id: it could not be told from another.
func needed(messageID string) error {
	if messageID == "" {
		return formatError(&gateway.Error{Code: gateway.CodeFormInvalid, Detail: "messageId is empty; every message needs one"})
	}
	return nil
}
