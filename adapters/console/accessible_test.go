package console

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// outline is what a reader that speaks finds on a page.
type outline struct {
	count   map[string]int
	ids     map[string]int
	labels  map[string]bool
	inputs  []string
	refs    []string
	missing []string
}

// outlineOf reads a page as strictly as its void elements allow.
func outlineOf(page string) (outline, error) {
	o := outline{count: map[string]int{}, ids: map[string]int{}, labels: map[string]bool{}}
	dec := xml.NewDecoder(strings.NewReader(page))
	dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return o, nil
		}
		if err != nil {
			return o, err
		}
		if e, ok := tok.(xml.StartElement); ok {
			o.note(e)
		}
	}
}

func (o *outline) note(e xml.StartElement) {
	attr := map[string]string{}
	for _, a := range e.Attr {
		attr[a.Name.Local] = a.Value
	}
	name := e.Name.Local
	o.count[name]++
	if id := attr["id"]; id != "" {
		o.ids[id]++
	}
	o.refs = append(o.refs, strings.Fields(attr["aria-labelledby"])...)
	_, alt := attr["alt"]
	switch {
	case name == "label":
		o.labels[attr["for"]] = true
	case (name == "input" || name == "select") && attr["type"] != "hidden":
		o.inputs = append(o.inputs, attr["id"])
	case name == "img" && !alt:
		o.missing = append(o.missing, "alt of an image")
	case name == "th" && attr["scope"] == "":
		o.missing = append(o.missing, "scope of a th")
	case (name == "nav" || name == "form") && attr["aria-label"] == "":
		o.missing = append(o.missing, "name of a "+name)
	case name == "section" && attr["aria-labelledby"] == "" && attr["aria-label"] == "" && attr["role"] == "":
		o.missing = append(o.missing, "name of a section")
	case name == "svg" && (attr["role"] != "img" || attr["aria-label"] == ""):
		o.missing = append(o.missing, "words for a drawing")
	}
}

func TestPagesAreAccessible(t *testing.T) {
	h := newConsole(sample())
	for _, page := range allPages {
		for _, lang := range languages {
			sep := "?"
			if strings.Contains(page.path, "?") {
				sep = "&"
			}
			w := get(t, h, page.path+sep+"lang="+lang, page.status)
			o, err := outlineOf(w.Body.String())
			if err != nil {
				t.Fatalf("%s: %v", page.path, err)
			}
			for _, one := range []string{"h1", "main", "header", "footer", "head"} {
				if o.count[one] != 1 {
					t.Errorf("%s: %d %s", page.path, o.count[one], one)
				}
			}
			for id, n := range o.ids {
				if n != 1 {
					t.Errorf("%s: id %s is there %d times", page.path, id, n)
				}
			}
			for _, id := range o.inputs {
				if !o.labels[id] {
					t.Errorf("%s: field %q has no label", page.path, id)
				}
			}
			for _, id := range o.refs {
				if o.ids[id] == 0 {
					t.Errorf("%s: %s names nothing", page.path, id)
				}
			}
			for _, m := range o.missing {
				t.Errorf("%s: %s is missing", page.path, m)
			}
			wantIn(t, w, `class="skip" href="#content"`, `lang="`+lang+`"`)
			if w.Header().Get("Content-Language") != lang {
				t.Errorf("%s: content language %q", page.path, w.Header().Get("Content-Language"))
			}
		}
	}
}

// TestContrast holds the sheet's colours to WCAG 2 AA: 4.5 for text, 3 for what is drawn.
func TestContrast(t *testing.T) {
	w := get(t, newConsole(sample()), "/console/assets/console.css", http.StatusOK)
	sets := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(w.Body.String(), -1)
	if len(sets) != 2 {
		t.Fatalf("%d sets of colours", len(sets))
	}
	named := regexp.MustCompile(`--([a-z0-9-]+): #([0-9a-f]{3,6});`)
	colour := map[string]string{"white": "ffffff"}
	for i, set := range sets {
		for _, m := range named.FindAllStringSubmatch(set[1], -1) {
			colour[m[1]] = m[2]
		}
		for _, pair := range [][2]string{{"ink", "ground"}, {"ink", "card"}, {"soft", "ground"}, {"soft", "card"}, {"soft", "hover"}, {"link", "ground"}, {"link", "card"},
			{"link", "hover"}, {"good", "good-ground"}, {"bad", "bad-ground"}, {"warn", "warn-ground"}, {"off", "off-ground"}, {"ink", "bad-ground"}, {"ink", "warn-ground"},
			{"bad", "card"}, {"warn", "card"}, {"top-ink", "top"}} {
			if got := contrast(t, colour[pair[0]], colour[pair[1]]); got < 4.5 {
				t.Errorf("set %d: %s on %s has %.2f", i, pair[0], pair[1], got)
			}
		}
		for s := range colours + 1 {
			if got := contrast(t, colour["s"+strconv.Itoa(s)], colour["card"]); got < 3 {
				t.Errorf("set %d: bar %d on card has %.2f", i, s, got)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + .05) / (math.Min(x, y) + .05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		t.Fatalf("colour %q: %v", hex, err)
	}
	sum := 0.0
	for shift, weight := range map[int]float64{16: .2126, 8: .7152, 0: .0722} {
		c := float64(n>>shift&0xff) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
