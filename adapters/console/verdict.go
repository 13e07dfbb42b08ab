package console

import (
	"net/http"
	"strconv"
	"strings"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// verdictView is one verdict with everything it was made of.
type verdictView struct {
	gateway.Verdict
	Reason    string
	Service   string
	Operator  string // likely cause and what to do
	Applicant string // what the applicant is told
	Lines     []checkLine
	Signed    string // who has signed, of the closed list of signedBy
}

// checkLine is one check as the page shows it.
type checkLine struct {
	reason.Check
	Reason string
	Who    string
}

func (c *Console) verdict(r *http.Request, v visit) (*shown, error) {
	found, err := c.cfg.Ledger.Verdict(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	view := verdictView{Verdict: found, Reason: c.reasonWords(v.lang, found), Service: c.serviceTitle(v.lang, found.Service), Signed: signedBy(found)}
	if found.Code != "" {
		view.Operator = c.operatorText(v.lang, found.Code)
		view.Applicant = c.applicantText(v.lang, found.Code)
	}
	for _, check := range found.Checks {
		view.Lines = append(view.Lines, c.line(v.lang, check))
	}
	return &shown{Template: "verdict", Nav: "verdicts", Title: view.Reason, Body: view}, nil
}

func (c *Console) line(lang string, check reason.Check) checkLine {
	line := checkLine{Check: check, Who: c.texts.get(lang, "verdict.whole")}
	if gateway.IsTransportCheck(check.Name) {
		line.Who = c.texts.get(lang, "verdict.message")
	}
	if check.Signer > 0 {
		line.Who = c.texts.get(lang, "verdict.signer_n", strconv.Itoa(check.Signer))
	}
	if check.Code != "" {
		line.Reason = c.codeTitle(lang, check.Code)
	}
	return line
}

// coverage says in words what a signature covers: "document", "body", "#id".
func (c *Console) coverage(lang, covers string) string {
	if strings.HasPrefix(covers, "#") {
		return c.texts.get(lang, "covers.id", scrub(covers))
	}
	return c.texts.word(lang, "covers", covers)
}
