package soap_test

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kopir/adapters/envelope"
	"kopir/adapters/soap"
	"kopir/schemas"
	"kopir/xmlsig/xmltree"
)

const gsoapImports = "/usr/share/gsoap/import"

// gSOAP makes C of what we serve, gcc compiles it without a warning, and the client gets its answers. They
// are not signed: a signature's header has to be understood, and gSOAP without its plugin for
// WS-Security says that it does not.
func TestGSOAPTalksToUs(t *testing.T) {
	needGSOAP(t, "gcc")
	if _, err := os.Stat("/usr/include/stdsoap2.h"); err != nil {
		t.Skip("gSOAP's library is not installed: apt-get install libgsoap-dev")
	}
	b := newBench(t)
	l, address := serve(t, b, nil, soap.NewSourceTransport(shepCaller, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}))
	dir := t.TempDir()
	generate(t, dir, address+"/shep/sync?wsdl", address+"/shep/async?wsdl")
	program(t, dir, "gcc", "-Wall", "-Werror", "-O0", "-I.", "-o", "client", source(t, "client.c"), "soapC.c", "soapClient.c", "-lgsoap")
	out := string(program(t, dir, filepath.Join(dir, "client"), address, strangersDocument))
	t.Log(out)
	lines := strings.SplitN(out, "\n", 4)
	want := []string{
		fmt.Sprint("sync c-1 ", session, " SCSS001 ", moment.Unix()),
		fmt.Sprint("async 254750124 3382552 ", session, " ", moment.Unix()),
		"fault SCE001",
	}
	if len(lines) != 4 || strings.Join(lines[:3], "\n") != strings.Join(want, "\n") {
		t.Fatalf("got  %q\nwant %q", lines, want)
	}
	data, err := xmltree.Parse([]byte("<data>"+lines[3]+"</data>"), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := envelope.ReadReply([]byte(strings.TrimSpace(data.Root.Text()))); err != nil || reply.Number != l.answer.Number {
		t.Errorf("%v, the reply is %+v", err, reply)
	}
	if len(l.submissions) != 2 {
		t.Fatalf("%d applications came, want one by each channel", len(l.submissions))
	}
	if got := string(l.submissions[0].Document); got != strangersDocument {
		t.Errorf("sync brought %s", got)
	}
	_, element, _ := strings.Cut(strangersDocument, "?>\n")
	if got := string(l.submissions[1].Document); got != element {
		t.Errorf("async brought %s", got)
	}
}

// The gateway's own description, which our client follows and nobody serves here, compiles too.
func TestGSOAPCompilesEveryDescription(t *testing.T) {
	needGSOAP(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, schemas.HTTP); err != nil {
		t.Fatal(err)
	}
	services, err := filepath.Glob(filepath.Join(dir, "wsdl", "*_Service.wsdl"))
	if err != nil || len(services) != 3 {
		t.Fatal(services, err)
	}
	for _, service := range services {
		t.Run(filepath.Base(service), func(t *testing.T) { generate(t, t.TempDir(), service) })
	}
}

func needGSOAP(t *testing.T, more ...string) {
	t.Helper()
	for _, name := range append(more, "wsdl2h", "soapcpp2") {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed: apt-get install gsoap libgsoap-dev gcc", name)
		}
	}
}

// reUnread is how wsdl2h says that something is missing.
var reUnread = regexp.MustCompile(`\b(Error|Cannot|could not|No such|[Uu]nresolved|undefined)\b`)

// generate makes C sources of descriptions. wsdl2h reports what it cannot read and goes on, soapcpp2
// leaves a type it has not found out: both have to say that all went well.
func generate(t *testing.T, dir string, descriptions ...string) {
	t.Helper()
	wsdl2h := exec.CommandContext(t.Context(), "wsdl2h", append([]string{"-c", "-t", source(t, "typemap.dat"), "-o", "shep.h"}, descriptions...)...)
	wsdl2h.Dir = dir
	if out, err := wsdl2h.CombinedOutput(); err != nil || reUnread.Match(out) {
		t.Fatalf("wsdl2h: %v\n%s", err, out)
	}
	soapcpp2 := exec.CommandContext(t.Context(), "soapcpp2", "-c", "-C", "-x", "-I"+gsoapImports, "shep.h")
	soapcpp2.Dir = dir
	if out, err := soapcpp2.CombinedOutput(); err != nil || !strings.Contains(string(out), "Compilation successful") || strings.Contains(string(out), "WARNING") {
		t.Fatalf("soapcpp2: %v\n%s", err, out)
	}
}
