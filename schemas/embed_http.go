package schemas

import "embed"

// HTTP holds what the HTTP edges describe themselves with: openapi/, wsdl/, xsd/.
//
//go:embed openapi wsdl xsd
var HTTP embed.FS
