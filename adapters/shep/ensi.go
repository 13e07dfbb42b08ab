package shep

import (
	"errors"
	"strings"

	"kopir/xmlsig/xmltree"
)

// The state's reference data, ЕНСИ (gateway-protocol.md §6.6).
const (
	ENSIService = "ENSI_SeGetDataGetItems"
	nsENSI      = "http://nitec.kz/unidic/ws/getdata"
)

// ENSIRequest asks for the items of one dictionary.
type ENSIRequest struct {
	Login, Password string
	Entity          string
	Date            string   // items as of this day; "" today's
	Select          []string // aliases of requisites; none: all
	SortBy          []string // in ascending order
}

// EncodeENSI writes a request: its root is qualified, what is inside is not.
func EncodeENSI(r ENSIRequest) ([]byte, error) {
	if r.Entity == "" {
		return nil, errors.New("shep: a look-up in the reference data needs the dictionary's name")
	}
	w := &docWriter{}
	w.raw(`<u:Request xmlns:u="` + nsENSI + `">`)
	w.element("Login", r.Login)
	w.element("Password", r.Password)
	w.element("EntityName", r.Entity)
	if r.Date != "" {
		w.within("Relevance", func() {
			w.element("Date", r.Date)
			w.element("ConsiderTime", "false")
		})
	}
	w.requisites("SelectRequisites", r.Select, func(alias string) { w.element("Alias", alias) })
	w.requisites("SortRequisites", r.SortBy, func(name string) {
		w.element("Name", name)
		w.element("Direction", "Ascending")
	})
	w.raw(`</u:Request>`)
	return w.buf, nil
}

func (w *docWriter) requisites(name string, list []string, inside func(string)) {
	if len(list) == 0 {
		return
	}
	w.within(name, func() {
		for _, one := range list {
			w.within("Requisite", func() { inside(one) })
		}
	})
}

// ENSIResponse is the answer. Items hold their requisites by name: code, name_ru, name_kz ….
type ENSIResponse struct {
	SessionID string
	Items     []map[string]string
}

// ENSIError is the dictionary's own no. Its text is not repeated.
type ENSIError struct{ Code string }

func (e *ENSIError) Error() string {
	if plainCode.MatchString("E" + e.Code) {
		return "the reference data answered with error " + e.Code
	}
	return "the reference data answered with an error"
}

// maxENSI bounds one dictionary: that of organisations has some ten thousand items.
const (
	maxENSIBytes = 16 << 20
	maxENSIItems = 50_000
)

// DecodeENSI reads an answer. The items may stand as elements or as a document in a text.
func DecodeENSI(doc []byte) (ENSIResponse, error) {
	e, err := readDocument(doc, maxENSIBytes, "Response")
	if err != nil {
		return ENSIResponse{}, err
	}
	r := ENSIResponse{SessionID: text(e, "SessionId")}
	if text(e, "ProcessingResult") != "Success" {
		return r, unavailable("the look-up failed", &ENSIError{Code: text(e, "ErrorInfo/ErrorCode")})
	}
	data := e.Find("ResultData/Data")
	items := data.Child("Items")
	if written := strings.TrimSpace(data.Text()); items == nil && written != "" {
		if items, err = readDocument([]byte(written), maxENSIBytes, "Items"); err != nil {
			return r, err
		}
	}
	return r, r.read(items)
}

func (r *ENSIResponse) read(items *xmltree.Element) error {
	if items == nil {
		return nil
	}
	for item := range items.EachChild() {
		if item.Local() != "Item" {
			continue
		}
		if len(r.Items) == maxENSIItems {
			return badAnswer("holds more items than a dictionary may have")
		}
		values := map[string]string{}
		for v := range item.EachChild() {
			values[v.Local()] = strings.TrimSpace(v.Text())
		}
		r.Items = append(r.Items, values)
	}
	return nil
}
