package rest_test

import (
	"encoding/json"
	"fmt"
	"mime"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"kopir/gateway"
	"kopir/schemas"
)

// node is a piece of the description.
type node = map[string]any

func description(t *testing.T) node {
	t.Helper()
	b, err := schemas.HTTP.ReadFile("openapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc := node{}
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestEveryRouteIsDescribedAndEveryDescriptionIsARoute(t *testing.T) {
	var described []string
	for path, item := range description(t)["paths"].(node) {
		for method := range item.(node) {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	sort.Strings(described)
	routes := newAPI(t, &world{}).Routes()
	sort.Strings(routes)
	if diff := cmp.Diff(described, routes); diff != "" {
		t.Errorf("description (-) and routes (+) differ:\n%s", diff)
	}
}

func TestEveryCodeIsDescribed(t *testing.T) {
	var described []gateway.Code
	for _, c := range at(t, description(t), "components", "schemas", "Code", "enum").([]any) {
		described = append(described, gateway.Code(c.(string)))
	}
	if diff := cmp.Diff(gateway.Codes(), described); diff != "" {
		t.Errorf("codes of the program (-) and of the description (+) differ:\n%s", diff)
	}
}

func TestEveryStateIsDescribed(t *testing.T) {
	var described []gateway.State
	for _, s := range at(t, description(t), "components", "schemas", "State", "enum").([]any) {
		described = append(described, gateway.State(s.(string)))
	}
	if diff := cmp.Diff(gateway.States(), described); diff != "" {
		t.Errorf("states of the program (-) and of the description (+) differ:\n%s", diff)
	}
}

// TestAnswersAreAsDescribed asks every endpoint and holds the answer against the description.
func TestAnswersAreAsDescribed(t *testing.T) {
	parked := accepted()
	parked.Decision, parked.Code = gateway.DecisionParked, "revocation_unknown"
	marked := accepted()
	marked.Code, marked.Mark = "revocation_unknown", gateway.MarkUnconfirmed
	duplicate := gateway.Answer{Decision: gateway.DecisionRefused, Code: gateway.CodeDuplicate, FirstNumber: "K26-1", Detail: "d", Verdict: "V"}
	unavailable := &gateway.Error{Code: gateway.CodeUnavailable}
	leased := []gateway.Case{oneCase(gateway.StateAccepted), {Number: "K26-2", State: gateway.StateAccepted, Attempt: 1, Mark: gateway.MarkFailed, Lookups: []gateway.LookupMark{
		{Register: "gbdfl", State: gateway.LookupDiffers, Differences: []string{"surname", "iin"}, At: time.Unix(1, 0)},
		{Register: "zags", State: gateway.LookupUnconfirmed, Cause: gateway.LookupNotConnected, At: time.Unix(1, 0)}}}}
	tests := []struct {
		operation string
		world     *world
		call      call
		status    int
	}{
		{"POST /v1/applications", &world{answer: accepted()}, call{"POST", "/v1/applications", "portal-key", "<a/>", xmlHeader}, 202},
		{"POST /v1/applications", &world{answer: parked}, call{"POST", "/v1/applications", "portal-key", "<a/>", xmlHeader}, 202},
		{"POST /v1/applications", &world{answer: marked}, call{"POST", "/v1/applications", "portal-key", "<a/>", xmlHeader}, 202},
		{"POST /v1/applications", &world{answer: duplicate}, call{"POST", "/v1/applications", "portal-key", "<a/>", xmlHeader}, 409},
		{"POST /v1/applications", &world{err: unavailable}, call{"POST", "/v1/applications", "portal-key", "<a/>", xmlHeader}, 503},
		{"POST /v1/applications", &world{}, call{"POST", "/v1/applications", "", "", nil}, 401},
		{"POST /v1/applications/search", &world{}, call{"POST", "/v1/applications/search", "portal-key", `{"iin":"000230500003"}`, jsonHeader}, 200},
		{"GET /v1/applications/{number}", &world{}, call{"GET", "/v1/applications/K26-1", "portal-key", "", nil}, 200},
		{"GET /v1/applications/{number}/attachments/{sha256}", &world{}, call{"GET", "/v1/applications/K26-1/attachments/" + sha, "portal-key", "", nil}, 200},
		{"GET /v1/applications/{number}/result", &world{}, call{"GET", "/v1/applications/K26-1/result", "portal-key", "", nil}, 200},
		{"POST /v1/applications/{number}/result", &world{}, call{"POST", "/v1/applications/K26-1/result", "district-key", "<r/>", xmlHeader}, 200},
		{"POST /v1/applications/{number}/steps", &world{}, call{"POST", "/v1/applications/K26-1/steps", "district-key", `{"attempt":1,"name":"x"}`, jsonHeader}, 200},
		{"POST /v1/providers/{id}/leases", &world{leases: leased}, call{"POST", "/v1/providers/akkol/leases", "district-key", `{"max":2}`, jsonHeader}, 200},
		{"POST /v1/providers/{id}/leases", &world{}, call{"POST", "/v1/providers/akkol/leases", "district-key", `{}`, jsonHeader}, 200},
		{"POST /v1/leases/{id}/ack", &world{}, call{"POST", "/v1/leases/01JD/ack", "district-key", "", nil}, 200},
		{"POST /v1/leases/{id}/renew", &world{}, call{"POST", "/v1/leases/01JD/renew", "district-key", "", nil}, 200},
		{"POST /v1/leases/{id}/release", &world{}, call{"POST", "/v1/leases/01JD/release", "district-key", "", nil}, 200},
		{"POST /v1/leases/{id}/dead", &world{}, call{"POST", "/v1/leases/01JD/dead", "district-key", `{"reason":"cannot be read"}`, jsonHeader}, 200},
		{"GET /openapi.yaml", &world{}, call{"GET", "/openapi.yaml", "", "", nil}, 200},
	}
	doc, asked := description(t), map[string]bool{}
	for _, tt := range tests {
		asked[tt.operation] = true
		t.Run(fmt.Sprintf("%s %d", tt.operation, tt.status), func(t *testing.T) {
			api := newAPI(t, tt.world)
			w := tt.call.do(api)
			if w.Code != tt.status {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			checkAnswer(t, doc, tt.operation, w.Code, w.Header().Get("Content-Type"), w.Body.Bytes())
		})
	}
	for _, route := range newAPI(t, &world{}).Routes() {
		if !asked[route] {
			t.Errorf("%s is never asked here", route)
		}
	}
}

// checkAnswer finds the described response for the status and checks media type and schema.
func checkAnswer(t *testing.T, doc node, operation string, status int, contentType string, body []byte) {
	t.Helper()
	method, path, _ := strings.Cut(operation, " ")
	responses := at(t, doc, "paths", path, strings.ToLower(method), "responses").(node)
	response, ok := responses[fmt.Sprint(status)]
	if !ok {
		response = responses["default"]
	}
	media, _, _ := mime.ParseMediaType(contentType)
	content := resolve(t, doc, response.(node))["content"].(node)
	entry, ok := content[media]
	if !ok {
		t.Fatalf("%s is not among the described media types", contentType)
	}
	if !strings.HasSuffix(media, "json") {
		return
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	for _, problem := range conform(t, doc, entry.(node)["schema"].(node), v, "$") {
		t.Errorf("%s\n%s", problem, body)
	}
}

// conform is the part of JSON Schema the description uses.
func conform(t *testing.T, doc, schema node, v any, where string) (problems []string) {
	schema = resolve(t, doc, schema)
	say := func(format string, args ...any) { problems = append(problems, where+": "+fmt.Sprintf(format, args...)) }
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, v) {
		say("%v is none of %v", v, enum)
	}
	switch schema["type"] {
	case "object":
		obj, ok := v.(map[string]any)
		if !ok {
			say("not an object")
			return
		}
		return append(problems, conformObject(t, doc, schema, obj, where)...)
	case "array":
		list, ok := v.([]any)
		if !ok {
			say("not an array")
		}
		for i, item := range list {
			problems = append(problems, conform(t, doc, schema["items"].(node), item, fmt.Sprintf("%s[%d]", where, i))...)
		}
	case "string":
		s, ok := v.(string)
		if !ok {
			say("not a string")
		}
		if p, ok := schema["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(s) {
			say("%q does not match %s", s, p)
		}
		if _, err := time.Parse(time.RFC3339, s); schema["format"] == "date-time" && err != nil {
			say("%q is not a date-time", s)
		}
	case "integer":
		n, ok := v.(float64)
		if !ok || n != float64(int64(n)) {
			say("not an integer")
		}
		if min, ok := schema["minimum"].(int); ok && n < float64(min) {
			say("%v is less than %d", n, min)
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			say("not a boolean")
		}
	default:
		say("the checker does not know type %v", schema["type"])
	}
	return problems
}

func conformObject(t *testing.T, doc, schema node, obj map[string]any, where string) (problems []string) {
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := obj[name.(string)]; !ok {
			problems = append(problems, where+": "+name.(string)+" is missing")
		}
	}
	properties, _ := schema["properties"].(node)
	for name, value := range obj {
		property, known := properties[name].(node)
		if !known {
			more, ok := schema["additionalProperties"].(node)
			if !ok {
				problems = append(problems, where+": "+name+" is not described")
				continue
			}
			property = more
		}
		problems = append(problems, conform(t, doc, property, value, where+"."+name)...)
	}
	return problems
}

func resolve(t *testing.T, doc, n node) node {
	for {
		ref, ok := n["$ref"].(string)
		if !ok {
			return n
		}
		n = at(t, doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(node)
	}
}

func at(t *testing.T, doc node, path ...string) any {
	var v any = doc
	for _, p := range path {
		n, ok := v.(node)
		if !ok || n[p] == nil {
			t.Fatalf("the description has no %s", strings.Join(path, "/"))
		}
		v = n[p]
	}
	return v
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	doc := description(t)
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case node:
			if _, ok := v["$ref"].(string); ok {
				resolve(t, doc, v)
			}
			for _, child := range v {
				walk(child)
			}
		case []any:
			for _, child := range v {
				walk(child)
			}
		}
	}
	walk(doc)
}

func TestTheCheckerFindsWhatIsWrong(t *testing.T) {
	doc := node{}
	schema := node{"type": "object", "additionalProperties": false, "required": []any{"n"},
		"properties": node{"n": node{"type": "integer", "minimum": 1}, "s": node{"type": "string", "enum": []any{"a"}}}}
	for _, bad := range []string{`[]`, `{}`, `{"n":0}`, `{"n":1.5}`, `{"n":"1"}`, `{"n":1,"x":1}`, `{"n":1,"s":"b"}`} {
		var v any
		_ = json.Unmarshal([]byte(bad), &v)
		if len(conform(t, doc, schema, v, "$")) == 0 {
			t.Errorf("%s conforms", bad)
		}
	}
}
