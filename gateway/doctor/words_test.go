package doctor

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kopir/schemas"
	"kopir/xmlsig/revocation"
)

// said demands texts in every language.
func said(t *testing.T, keys ...string) {
	t.Helper()
	all, err := schemas.ReadTexts(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		for _, lang := range schemas.Languages() {
			if all[lang][key] == "" {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
	}
}

// TestClosedListsHaveWords: whatever can be found has a cause and a remedy in words.
func TestClosedListsHaveWords(t *testing.T) {
	for _, p := range []Problem{ProblemNotAllowed, ProblemDNS, ProblemRefused, ProblemTimeout, ProblemReset, ProblemTLS, ProblemUnreachable, ProblemRedirect,
		ProblemStatus, ProblemHTML, ProblemEmpty, ProblemTruncated, ProblemTooLarge} {
		said(t, "doctor.cause."+string(p), "doctor.remedy."+ways[p])
	}
	for _, f := range []revocation.Fault{revocation.FaultUnreadable, revocation.FaultRefusal, revocation.FaultClock, revocation.FaultSigner, revocation.FaultSignature, revocation.FaultForeign,
		revocation.FaultPurpose, revocation.FaultExpiredSigner, revocation.FaultOtherCertificate, revocation.FaultFuture, revocation.FaultStale,
		revocation.FaultNonceMissing, revocation.FaultNonceWrong, revocation.FaultOther} {
		said(t, "doctor.cause.ocsp_"+string(f), "doctor.remedy."+adviceOf(f))
	}
	for _, f := range []revocation.Fault{revocation.FaultSignature, revocation.FaultPurpose, revocation.FaultFuture, revocation.FaultStale, revocation.FaultOther} {
		said(t, "doctor.cause.list_"+string(f))
	}
	for _, cause := range stampCauses {
		said(t, "doctor.cause."+cause, "doctor.remedy."+stampAdvice(cause))
	}
	said(t, "doctor.cause.clock_ahead", "doctor.cause.clock_behind")
}

// TestFindingsHaveWords reads the calls that make findings, here and in the program.
func TestFindingsHaveWords(t *testing.T) {
	here, _ := filepath.Glob("*.go")
	there, _ := filepath.Glob("../../cmd/kopir/internal/app/doctor*.go")
	calls := 0
	for _, file := range append(append(here, there...), "../../cmd/kopir/doctor.go") {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 5 {
				return true
			}
			name := ""
			switch fn := call.Fun.(type) {
			case *ast.Ident:
				name = fn.Name
			case *ast.SelectorExpr:
				name = fn.Sel.Name
			}
			if name != "found" && name != "NewFinding" && name != "add" {
				return true
			}
			calls++
			for i, kind := range map[int]string{3: "cause", 4: "remedy"} {
				if lit, ok := call.Args[i].(*ast.BasicLit); ok {
					if word, _ := strconv.Unquote(lit.Value); word != "" {
						said(t, "doctor."+kind+"."+word)
					}
				}
			}
			return true
		})
	}
	if calls < 60 {
		t.Errorf("only %d findings are read", calls)
	}
}
