package soap_test

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kopir/schemas"
	"kopir/xmlsig/xmltree"
)

func parsed(t *testing.T, name string) *xmltree.Element {
	t.Helper()
	b, err := schemas.HTTP.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := xmltree.Parse(b, xmltree.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return doc.Root
}

func attr(e *xmltree.Element, name string) string {
	v, _ := e.Attr("", name)
	return v
}

// globals lists the global elements of all schemas as "{namespace}name".
func globals(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(schemas.HTTP, "xsd/*.xsd")
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no schema")
	}
	var out []string
	for _, f := range files {
		root := parsed(t, f)
		for _, e := range root.Children() {
			if e.Local() == "element" {
				out = append(out, "{"+attr(root, "targetNamespace")+"}"+attr(e, "name"))
			}
		}
	}
	return out
}

// Every message of every interface is made of an element our schemas declare, and every binding
// offers what its interface does.
func TestDescriptionsHoldTogether(t *testing.T) {
	known := globals(t)
	services := map[string]string{"ISyncChannel": "SyncChannelHttp_Service", "IAsyncChannel": "AsyncChannelHttp_Service", "IAsyncChannelClient": "AsyncChannelClientHttp_Service"}
	for name, service := range services {
		t.Run(name, func(t *testing.T) {
			root := parsed(t, "wsdl/"+name+".wsdl")
			var messages, operations []string
			for _, e := range root.Children() {
				switch e.Local() {
				case "message":
					messages = append(messages, "tns:"+attr(e, "name"))
					prefix, local, _ := strings.Cut(attr(e.Child("part"), "element"), ":")
					if uri, _ := root.Declares(prefix); !slices.Contains(known, "{"+uri+"}"+local) {
						t.Errorf("%s: no schema declares {%s}%s", attr(e, "name"), uri, local)
					}
				case "portType":
					for _, op := range e.Children() {
						operations = append(operations, attr(op, "name"))
						for _, m := range op.Children() {
							if !slices.Contains(messages, attr(m, "message")) {
								t.Errorf("%s: no message %s", attr(op, "name"), attr(m, "message"))
							}
						}
					}
				}
			}
			if bound := bindings(t, service, attr(root, "targetNamespace")); !slices.Equal(bound, operations) || len(bound) == 0 {
				t.Errorf("the interface has %v, the binding %v", operations, bound)
			}
		})
	}
}

// bindings lists the operations a service file offers by SOAP with an empty action.
func bindings(t *testing.T, service, space string) (out []string) {
	t.Helper()
	root := parsed(t, "wsdl/"+service+".wsdl")
	if got := attr(root.Child("import"), "namespace"); got != space {
		t.Errorf("%s imports %s", service, got)
	}
	for _, op := range root.Child("binding").Children() {
		if attr(op, "name") == "" {
			continue
		}
		out = append(out, attr(op, "name"))
		if action, ok := op.Child("operation").Attr("", "soapAction"); !ok || action != "" {
			t.Errorf("%s: soapAction %q", attr(op, "name"), action)
		}
	}
	return out
}

// What stands in no namespace on the wire must not be qualified by the schema.
func TestChannelSchemasLeaveChildrenUnqualified(t *testing.T) {
	for _, f := range []string{"common-v10", "sync", "sync-request", "sync-response", "async-itypes", "async", "async-client"} {
		if attr(parsed(t, "xsd/"+f+".xsd"), "elementFormDefault") != "" {
			t.Errorf("%s sets elementFormDefault", f)
		}
	}
	b, err := schemas.HTTP.ReadFile("xsd/async-itypes.xsd")
	if err != nil || !regexp.MustCompile(`MESSAGE_NOT_ACCTEPTED`).Match(b) {
		t.Error("the official misspelling was corrected")
	}
}
