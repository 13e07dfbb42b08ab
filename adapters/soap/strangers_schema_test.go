package soap_test

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kopir/adapters/soap"
	"kopir/xmlsig/xmltree"
)

// wireSchemas are the schemas of the channels' messages.
var wireSchemas = map[string]string{
	"http://bip.bee.kz/SyncChannel/v10/Types":         "sync.xsd",
	"http://bip.bee.kz/AsyncChannel/v10/Types":        "async.xsd",
	"http://bip.bee.kz/AsyncChannel/v10/Types/Client": "async-client.xsd",
}

// Every message the writer makes (the golden files are what it makes) is valid by the schemas as they are
// served, and there is one for every element these declare.
func TestEveryMessageFollowsTheServedSchema(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed: apt-get install libxml2-utils")
	}
	dir := servedSchemas(t)
	var made []string
	for name, doc := range goldenMessages(t) {
		t.Run(name, func(t *testing.T) {
			content, element := wireElement(t, doc)
			made = append(made, "{"+element.Space()+"}"+element.Local())
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			schema := filepath.Join(dir, wireSchemas[element.Space()])
			if out, err := exec.Command(lint, "--noout", "--nonet", "--schema", schema, file).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s\n%s", err, out, content)
			}
			wrong := strings.Replace(content, "</", "<stranger/></", 1)
			if err := os.WriteFile(file, []byte(wrong), 0o600); err != nil {
				t.Fatal(err)
			}
			if exec.Command(lint, "--noout", "--nonet", "--schema", schema, file).Run() == nil {
				t.Errorf("an element of nobody's is valid in %s", wrong)
			}
		})
	}
	for _, name := range globals(t) {
		if strings.Contains(name, "bip.bee.kz") && !slices.Contains(made, name) {
			t.Errorf("no message of the writer's was validated against %s", name)
		}
	}
}

// servedSchemas downloads the schemas over HTTP; their addresses become names of files.
func servedSchemas(t *testing.T) string {
	t.Helper()
	b := newBench(t)
	_, base := serve(t, b, nil, soap.NewSourceTransport(shepCaller, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}))
	dir, texts := t.TempDir(), map[string]string{}
	var names []string
	for i := 1; ; i++ {
		address := fmt.Sprint(base, "/shep/async?xsd=", i)
		text := fetched(t, address)
		if text == "" {
			break
		}
		root, err := xmltree.Parse([]byte(text), xmltree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		name := wireSchemas[attr(root.Root, "targetNamespace")]
		if name == "" {
			name = fmt.Sprint(i, ".xsd")
		}
		texts[name] = text
		names = append(names, `"`+address+`"`, `"`+name+`"`)
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.NewReplacer(names...).Replace(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// fetched is what an address serves, "" if it serves nothing.
func fetched(t *testing.T, address string) string {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		return ""
	}
	return string(b)
}

// goldenMessages are the writer's messages, one of every kind.
func goldenMessages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../envelope/testdata/golden/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no golden messages")
	}
	messages := map[string]string{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		messages[filepath.Base(file)] = string(b)
	}
	return messages
}

// wireElement cuts the operation's element, or the ErrorInfo of a fault, out of a message of ours.
func wireElement(t *testing.T, doc string) (string, *xmltree.Element) {
	t.Helper()
	from := strings.Index(doc, "<ns2:")
	to := strings.LastIndex(doc, "</ns2:")
	if from < 0 || to < from {
		t.Fatalf("no message in %s", doc)
	}
	content := doc[from : to+strings.IndexByte(doc[to:], '>')+1]
	tree, err := xmltree.Parse([]byte(content), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return content, tree.Root
}
