package simulate

import (
	"encoding/base64"
	"fmt"
	"strings"

	"kopir/adapters/envelope"
	"kopir/xmlsig/xmltree"
)

// readLetter reads the portal's responseMessage (gateway-protocol.md §6.2).
func readLetter(m *envelope.AsyncRequest) (Letter, error) {
	payload, err := m.Data.Payload()
	if err != nil {
		return Letter{}, err
	}
	doc, err := xmltree.Parse(payload, xmltree.DefaultLimits())
	if err != nil {
		return Letter{}, err
	}
	data := doc.Root.Child("ResponseData")
	if data == nil {
		return Letter{}, fmt.Errorf("the payload is a %s without ResponseData", doc.Root.Local())
	}
	l := Letter{Kind: m.MessageType, Status: data.Child("Status").Text(), Number: data.Child("Number").Text(),
		Text: data.Child("CurrentStatusText").Text()}
	l.Result, err = base64.StdEncoding.DecodeString(strings.TrimSpace(data.Child("ResultDocument").Text()))
	return l, err
}
