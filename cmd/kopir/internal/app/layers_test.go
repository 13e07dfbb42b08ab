package app

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors of DESIGN §2. A folder of the root that is on none of them holds no Go code.
var floors = map[string]int{"cmd": 3, "adapters": 2, "gateway": 1, "xmlsig": 0, "schemas": 0}

// sideways are the only imports between adapters.
var sideways = map[string][]string{
	"adapters/rest":    {"adapters/httpserver"},
	"adapters/soap":    {"adapters/httpserver", "adapters/envelope"},
	"adapters/console": {"adapters/httpserver"},
	"adapters/shep":    {"adapters/envelope"},
}

// technologies may be named on the upper two floors only.
var technologies = []string{"net", "net/http", "database/sql", "github.com/redis/", "github.com/gorilla/mux", "github.com/jackc/pgx",
	"modernc.org/sqlite", "github.com/pressly/goose", "github.com/prometheus/", "github.com/alecthomas/kong"}

// testLibraries come with tests only; gatewaytest, which is itself for tests, may use all but the fake Redis.
var testLibraries = []string{"github.com/google/go-cmp", "pgregory.net/rapid", "github.com/rogpeppe/go-internal"}

const (
	fakeRedis   = "github.com/alicebob/miniredis"
	gatewayTest = "gateway/gatewaytest"
	testPKI     = "xmlsig/testpki"
	moduleRoot  = "../../../.."
)

// outsideWorld is what xmlsig may not know: DESIGN §2 gives it no net, database, files or clock.
func outsideWorld(pkg string) bool {
	switch first, _, _ := strings.Cut(pkg, "/"); first {
	case "net":
		return pkg != "net/url" && pkg != "net/netip" // parsers without a socket
	case "os", "database", "syscall", "plugin":
		return true
	}
	return false
}

// refusal says why a package in the folder dir may not import pkg; "" if it may.
func refusal(dir, pkg string) string {
	tree, _, _ := strings.Cut(dir, "/")
	floor, known := floors[tree]
	if !known {
		return fmt.Sprintf("the folder %s is on no floor", tree)
	}
	if target, ours := strings.CutPrefix(pkg, "kopir/"); ours {
		return ownRefusal(dir, tree, floor, target)
	}
	switch {
	case within(pkg, fakeRedis):
		return "miniredis is for tests"
	case anyWithin(pkg, testLibraries) && dir != gatewayTest:
		return "this library is for tests"
	case tree == "xmlsig" && outsideWorld(pkg):
		return "xmlsig knows no net, database or files"
	case floor < 2 && anyWithin(pkg, technologies):
		return "a technology is named below the adapters"
	}
	return ""
}

// ownRefusal judges an import of one of our own packages.
func ownRefusal(dir, tree string, floor int, target string) string {
	targetTree, _, _ := strings.Cut(target, "/")
	targetFloor, known := floors[targetTree]
	switch {
	case !known:
		return fmt.Sprintf("the folder %s is on no floor", targetTree)
	case target == gatewayTest:
		return "gatewaytest is for tests"
	case target == testPKI && tree != "cmd":
		return "testpki is for cmd and tests"
	case targetFloor > floor:
		return fmt.Sprintf("floor %d imports floor %d: imports point down", floor, targetFloor)
	case targetFloor < floor:
		return ""
	case tree != targetTree:
		return tree + " and " + targetTree + " do not know each other"
	case tree != "adapters":
		return "" // a tree's own leaves; the compiler sees to it that there is no circle
	case adapterOf(dir) == adapterOf(target), slices.Contains(sideways[adapterOf(dir)], target):
		return ""
	}
	return adapterOf(dir) + " imports " + target + ": adapters stand side by side"
}

// within says that pkg is the package or below it; a prefix that ends with a slash is a host or owner.
func within(pkg, prefix string) bool {
	if prefix == "net" {
		return pkg == prefix
	}
	return pkg == prefix || strings.HasPrefix(pkg, strings.TrimSuffix(prefix, "/")+"/")
}

func anyWithin(pkg string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return within(pkg, p) })
}

// adapterOf is adapters/NAME of adapters/NAME/….
func adapterOf(dir string) string {
	parts := strings.SplitN(dir, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// finding is something wrong at a place.
type finding struct {
	file string
	line int
	text string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.file, f.line, f.text) }

// judgeImports looks at every import of a file, and in xmlsig at the clock.
func judgeImports(set *token.FileSet, name string, f *ast.File) (found []finding) {
	dir := path.Dir(name)
	if why := refusal(dir, "unsafe"); why != "" { // whatever it imports
		return []finding{{name, set.Position(f.Package).Line, why}}
	}
	clock := map[string]bool{}
	for _, spec := range f.Imports {
		pkg, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			pkg = spec.Path.Value
		}
		at := set.Position(spec.Pos()).Line
		if why := refusal(dir, pkg); why != "" {
			found = append(found, finding{name, at, fmt.Sprintf("imports %q: %s", pkg, why)})
		}
		if pkg == "time" {
			local := "time"
			if spec.Name != nil {
				local = spec.Name.Name
			}
			clock[local] = true
			if local == "." && within(dir, "xmlsig") {
				found = append(found, finding{name, at, "imports time into its own names: the clock cannot be seen"})
			}
		}
	}
	if within(dir, "xmlsig") {
		found = append(found, judgeClock(set, name, f, clock)...)
	}
	return found
}

// readsClock are the functions of package time that ask or wait for the machine's clock.
var readsClock = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTicker", "NewTimer"}

// judgeClock finds every mention, called or handed on: a default of time.Now is a clock too.
func judgeClock(set *token.FileSet, name string, f *ast.File, imported map[string]bool) (found []finding) {
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && imported[x.Name] && slices.Contains(readsClock, sel.Sel.Name) {
			found = append(found, finding{name, set.Position(sel.Pos()).Line, "time." + sel.Sel.Name + ": time comes in from outside"})
		}
		return true
	})
	return found
}

// Bounds of STYLE: what fits into one reading.
const (
	maxFileLines     = 600
	maxFunctionLines = 90
)

// judgeSize holds a file and its functions to the bounds.
func judgeSize(set *token.FileSet, name string, f *ast.File) (found []finding) {
	if lines := set.File(f.FileStart).LineCount(); lines > maxFileLines {
		found = append(found, finding{name, 1, fmt.Sprintf("%d lines, at most %d", lines, maxFileLines)})
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		from, to := set.Position(fn.Pos()).Line, set.Position(fn.End()).Line
		if lines := to - from + 1; lines > maxFunctionLines {
			found = append(found, finding{name, from, fmt.Sprintf("%s has %d lines, at most %d", fn.Name.Name, lines, maxFunctionLines)})
		}
	}
	return found
}

// judgeModule parses every non-test Go file of the module, whatever its build tags.
func judgeModule(t *testing.T, judges ...func(*token.FileSet, string, *ast.File) []finding) (found []finding, files int) {
	t.Helper()
	err := filepath.WalkDir(moduleRoot, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); file != moduleRoot && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		name, err := filepath.Rel(moduleRoot, file)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		for _, judge := range judges {
			found = append(found, judge(set, filepath.ToSlash(name), f)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(found, func(a, b finding) int { return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line)) })
	return found, files
}

func TestImportsPointDown(t *testing.T) {
	found, files := judgeModule(t, judgeImports)
	if files < 50 {
		t.Fatalf("only %d files were read", files)
	}
	for _, f := range found {
		t.Error(f)
	}
}

func TestFilesAndFunctionsAreShort(t *testing.T) {
	found, _ := judgeModule(t, judgeSize)
	for _, f := range found {
		t.Error(f)
	}
}

// TestTheLayerTestCanFail shows it what must be refused, and what must not.
func TestTheLayerTestCanFail(t *testing.T) {
	tests := []struct {
		dir, pkg string
		refused  bool
	}{
		{"xmlsig/pki", "kopir/xmlsig/gost", false},
		{"xmlsig", "kopir/xmlsig/pki", false},
		{"xmlsig", "kopir/gateway", true},
		{"xmlsig", "kopir/schemas", true},
		{"schemas", "kopir/xmlsig/reason", true},
		{"schemas", "go.yaml.in/yaml/v3", false},
		{"xmlsig/revocation", "net", true},
		{"xmlsig/revocation", "net/http", true},
		{"xmlsig/revocation", "net/url", false},
		{"xmlsig/pki", "os", true},
		{"xmlsig/pki", "os/exec", true},
		{"xmlsig/pki", "database/sql", true},
		{"xmlsig/pki", "crypto/x509", false},
		{"gateway", "kopir/xmlsig", false},
		{"gateway", "kopir/schemas", false},
		{"gateway", "kopir/gateway/catalogue", false},
		{"gateway/evidence", "kopir/gateway", false},
		{"gateway", "kopir/adapters/rest", true},
		{"gateway", "kopir/cmd/kopir/internal/app", true},
		{"gateway", "net/http", true},
		{"gateway", "net", true},
		{"gateway", "database/sql", true},
		{"gateway", "database/sql/driver", true},
		{"gateway", "github.com/redis/go-redis/v9", true},
		{"gateway", "github.com/gorilla/mux", true},
		{"gateway", "github.com/prometheus/client_golang/prometheus", true},
		{"gateway", "kopir/gateway/gatewaytest", true},
		{"gateway", "kopir/xmlsig/testpki", true},
		{"gateway", "github.com/google/go-cmp/cmp", true},
		{"gateway/gatewaytest", "github.com/google/go-cmp/cmp", false},
		{"gateway/gatewaytest", "kopir/gateway", false},
		{"gateway/gatewaytest", "github.com/alicebob/miniredis/v2", true},
		{"adapters/rest", "kopir/gateway", false},
		{"adapters/rest", "kopir/xmlsig/reason", false},
		{"adapters/rest", "kopir/adapters/httpserver", false},
		{"adapters/soap", "kopir/adapters/envelope", false},
		{"adapters/shep", "kopir/adapters/envelope", false},
		{"adapters/shep", "kopir/adapters/httpserver", true},
		{"adapters/console", "kopir/adapters/rest", true},
		{"adapters/rest", "kopir/adapters/sqlledger", true},
		{"adapters/httpserver", "kopir/adapters/rest", true},
		{"adapters/sqlledger", "kopir/adapters/sqlledger/migrations", false},
		{"adapters/sqlledger", "database/sql", false},
		{"adapters/redisqueue", "github.com/alicebob/miniredis/v2", true},
		{"adapters/rest", "kopir/cmd/kopir", true},
		{"adapters/keystore", "kopir/xmlsig/testpki", true},
		{"adapters/sqlledger", "kopir/gateway/gatewaytest", true},
		{"cmd/kopir", "kopir/cmd/kopir/internal/app", false},
		{"cmd/kopir/internal/simulate", "kopir/xmlsig/testpki", false},
		{"cmd/kopir", "kopir/gateway/gatewaytest", true},
		{"cmd/kopir", "net/http", false},
		{"cmd/kopir", "pgregory.net/rapid", true},
		{"internal", "fmt", true},
		{"tools", "kopir/gateway", true},
		{"cmd/kopir", "kopir/internal/x", true},
	}
	for _, tt := range tests {
		if why := refusal(tt.dir, tt.pkg); (why != "") != tt.refused {
			t.Errorf("%s importing %s: refused %v (%q), want %v", tt.dir, tt.pkg, why != "", why, tt.refused)
		}
	}
}

func TestTheClockIsSeen(t *testing.T) {
	const head = "package p\n\nimport %s\n\n%s\n"
	tests := []struct {
		name, file, imports, body string
		want                      int
	}{
		{"a call", "xmlsig/p/p.go", `"time"`, "var x = time.Now()", 1},
		{"a default", "xmlsig/p/p.go", `"time"`, "var x = time.Now", 1},
		{"another name", "xmlsig/p/p.go", `clock "time"`, "func f() { clock.Sleep(1) }", 1},
		{"no name", "xmlsig/p/p.go", `. "time"`, "var x = Now()", 1},
		{"a duration", "xmlsig/p/p.go", `"time"`, "const x = 2 * time.Second", 0},
		{"something else called time", "xmlsig/p/p.go", `"fmt"`, "func f(time struct{ Now int }) { fmt.Println(time.Now) }", 0},
		{"outside xmlsig", "adapters/p/p.go", `"time"`, "var x = time.Now()", 0},
		{"an import above", "gateway/p.go", `"kopir/adapters/rest"`, "var _ = rest.New", 1},
	}
	for _, tt := range tests {
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, tt.file, fmt.Sprintf(head, tt.imports, tt.body), parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		found := judgeImports(set, tt.file, f)
		if len(found) != tt.want {
			t.Errorf("%s: %v, want %d", tt.name, found, tt.want)
		}
		for _, one := range found {
			if !strings.HasPrefix(one.String(), tt.file+":") || one.line < 3 {
				t.Errorf("%s: no place in %q", tt.name, one)
			}
		}
	}
}

func TestTheBoundsAreKept(t *testing.T) {
	body := "package p\n\nfunc short() {\n}\n\nfunc long() {\n" + strings.Repeat("\t_ = 1\n", maxFunctionLines) + "}\n" + strings.Repeat("\n", maxFileLines)
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "p.go", body, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := judgeSize(set, "p.go", f)
	if len(found) != 2 || found[1].line != 6 || !strings.Contains(found[1].text, "long has") {
		t.Errorf("%v", found)
	}
}

// TestNothingIsCopiedFromShared: what lies beside the repository is read in place, never copied in.
func TestNothingIsCopiedFromShared(t *testing.T) {
	shared, err := filepath.EvalSymlinks(moduleRoot + "/../shared")
	if err != nil {
		t.Skip("no ../shared beside the repository")
	}
	theirs := contents(t, shared)
	ours := contents(t, moduleRoot)
	if len(theirs) == 0 || len(ours) == 0 {
		t.Fatalf("%d files in shared, %d here", len(theirs), len(ours))
	}
	for sum, file := range ours {
		if from, ok := theirs[sum]; ok && path.Base(file) != "LICENSE" { // a licence reads the same everywhere
			t.Errorf("%s:1: is a copy of %s", file, from)
		}
	}
}

// contents maps the digest of every file that says something to its name.
func contents(t *testing.T, root string) map[[sha256.Size]byte]string {
	t.Helper()
	const saysSomething = 16 // bytes; shorter files are the same by chance
	all := map[[sha256.Size]byte]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if len(b) >= saysSomething {
			name, _ := filepath.Rel(root, file)
			all[sha256.Sum256(b)] = filepath.ToSlash(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
