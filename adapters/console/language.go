package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// languages of the pages, the state language first: it is the default.
var languages = []string{"kk", "ru", "en"}

// languageCookie keeps the choice; it names nobody.
const languageCookie = "kopir_lang"

// chooseLanguage takes ?lang= and remembers it, else the cookie, else Kazakh or Russian as the
// browser asks for them, else Kazakh. English is shown only when somebody chose it.
func chooseLanguage(w http.ResponseWriter, r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); slices.Contains(languages, lang) {
		http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: lang, Path: Base, MaxAge: 365 * 24 * 3600,
			HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
		return lang
	}
	if cookie, err := r.Cookie(languageCookie); err == nil && slices.Contains(languages, cookie.Value) {
		return cookie.Value
	}
	return accepted(r.Header.Get("Accept-Language"))
}

// accepted picks Kazakh or Russian by the weights of an Accept-Language header; Kazakh wins a draw.
func accepted(header string) string {
	best, weight := languages[0], 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if base != "kk" && base != "ru" {
			continue
		}
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			q, _ = strconv.ParseFloat(v, 64)
		}
		if q > weight || q == weight && q > 0 && base == "kk" {
			best, weight = base, q
		}
	}
	return best
}

// languageLink is one choice of the switch: the same page in another language.
type languageLink struct {
	Code    string
	Name    string
	Href    string
	Current bool
}

func (c *Console) languageLinks(u *url.URL, current string) []languageLink {
	links := make([]languageLink, 0, len(languages))
	for _, lang := range languages {
		q := u.Query()
		q.Set("lang", lang)
		links = append(links, languageLink{Code: lang, Name: c.texts.get(lang, "lang."+lang),
			Href: u.Path + "?" + q.Encode(), Current: lang == current})
	}
	return links
}
