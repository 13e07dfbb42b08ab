package httpserver

import (
	"strings"
	"time"

	"kopir/gateway"
	"kopir/schemas"
)

// Words is one sentence in the two languages every answer speaks.
type Words struct {
	Kk string `json:"kk"`
	Ru string `json:"ru"`
}

// wordsOf finds a text of schemas/texts in both languages and fills in what is in braces.
func wordsOf(key string, fill func(lang string) []string) Words {
	say := func(lang string) string {
		text := schemas.Text(lang, key)
		if fill == nil {
			return text
		}
		return strings.NewReplacer(fill(lang)...).Replace(text)
	}
	return Words{Kk: say("kk"), Ru: say("ru")}
}

// StatusWords says a state in both languages.
func StatusWords(state string) Words { return wordsOf("state."+state, nil) }

// MarkWords says in both languages what a mark means.
func MarkWords(m gateway.Mark) Words { return wordsOf("mark."+string(m), nil) }

// LookupWords says in both languages what a look-up in a register has shown.
func LookupWords(s gateway.LookupState) Words { return wordsOf("lookup."+string(s), nil) }

// AnswerWords is what the applicant is told about a decision: the regulation wants the
// number and the date and time of the result (services.md, point 6).
func AnswerWords(t Texts, a gateway.Answer) Words {
	if a.Decision == gateway.DecisionRefused {
		text := TextOf(t, a.Code)
		return Words{Kk: text.Kk, Ru: text.Ru}
	}
	return notice(marked(string(a.Decision), a.Mark), a.Number, a.DueAt, "", Text{})
}

// marked is the status whose notice tells of an open mark, too.
func marked(status string, m gateway.Mark) string {
	if status == string(gateway.StateAccepted) && m == gateway.MarkUnconfirmed {
		return "accepted_unconfirmed"
	}
	return status
}

// MessageWords is what an outbox message says: its own text where it has one, else the notice of
// its status, with the reason of a refusal and the name of a step.
func MessageWords(t Texts, m gateway.Message, c gateway.Case) Words {
	if m.Text["kk"] != "" && m.Text["ru"] != "" {
		return Words{Kk: m.Text["kk"], Ru: m.Text["ru"]}
	}
	status, reason := marked(m.Status, gateway.Mark(m.Text["mark"])), Text{}
	switch {
	case status == "refused":
		reason = TextOf(t, gateway.Code(m.Text["code"]))
	case status == "step" && m.Text["step"] == "extended": // the new term has a notice of its own
		status = "extended"
	}
	return notice(status, c.Number, c.DueAt, m.Text["step"], reason)
}

func notice(status, number string, due time.Time, step string, reason Text) Words {
	until := "—"
	if !due.IsZero() {
		until = due.In(gateway.Almaty).Format("02.01.2006 15:04")
	}
	return wordsOf("notice."+status, func(lang string) []string {
		why := reason.Ru
		if lang == "kk" {
			why = reason.Kk
		}
		return []string{"{number}", number, "{due}", until, "{step}", stepName(lang, step), "{reason}", why}
	})
}

// stepName is the step in words; a provider's own name stands as it is.
func stepName(lang, step string) string {
	key := "step." + step
	if text := schemas.Text(lang, key); text != key {
		return text
	}
	return step
}
