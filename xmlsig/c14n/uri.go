package c14n

import (
	"strings"

	"kopir/xmlsig/reason"
)

// absolute refuses relative namespace names among the declarations element i makes or, as
// apex, inherits: canonicalisation must fail on them (C14N 1.0 §1.1).
func (w *writer) absolute(i int, apex bool) error {
	for n := i; n >= 0; n = w.doc.Parent(n) {
		from, to := w.doc.Declarations(n)
		for j := from; j < to; j++ {
			_, uri := w.doc.Declaration(j)
			if uri == "" || uri == w.checked {
				continue
			}
			if scheme, _ := cutScheme(uri); scheme == "" {
				return reason.New(reason.XMLForbidden, "a namespace name is a relative URI: canonicalisation must refuse it")
			}
			w.checked = uri
		}
		if !apex {
			return nil
		}
	}
	return nil
}

// cutScheme splits a URI behind its scheme (RFC 3986 §3.1).
func cutScheme(uri string) (scheme, rest string) {
	for i := 0; i < len(uri); i++ {
		c := uri[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return uri[:i], uri[i+1:]
		default:
			return "", uri
		}
	}
	return "", uri
}

// uriRef is a URI reference in its parts (RFC 3986 §3); a fragment plays no role in xml:base.
type uriRef struct {
	scheme, authority, path, query string
	hasAuthority, hasQuery         bool
}

func splitURI(s string) (u uriRef) {
	s, _, _ = strings.Cut(s, "#")
	u.scheme, s = cutScheme(s)
	s, u.query, u.hasQuery = strings.Cut(s, "?")
	if strings.HasPrefix(s, "//") {
		u.hasAuthority = true
		s = s[2:]
		if i := strings.IndexByte(s, '/'); i >= 0 {
			u.authority, s = s[:i], s[i:]
		} else {
			u.authority, s = s, ""
		}
	}
	u.path = s
	return u
}

func (u uriRef) String() string {
	var b strings.Builder
	if u.scheme != "" {
		b.WriteString(u.scheme + ":")
	}
	if u.hasAuthority {
		b.WriteString("//" + u.authority)
	}
	b.WriteString(u.path)
	if u.hasQuery {
		b.WriteString("?" + u.query)
	}
	return b.String()
}

// joinURI is join-URI-References of C14N 1.1 §2.4: RFC 3986 §5.2.2, also for a relative base.
func joinURI(base, ref string) string {
	b, r := splitURI(base), splitURI(ref)
	switch {
	case r.scheme != "":
	case r.hasAuthority:
		r.scheme = b.scheme
	case r.path == "":
		if !r.hasQuery {
			b.path = removeDots(b.path)
			return b.String()
		}
		r.scheme, r.authority, r.hasAuthority, r.path = b.scheme, b.authority, b.hasAuthority, b.path
	default:
		if !strings.HasPrefix(r.path, "/") {
			r.path = mergePaths(b, r.path)
		}
		r.scheme, r.authority, r.hasAuthority = b.scheme, b.authority, b.hasAuthority
	}
	r.path = removeDots(r.path)
	return r.String()
}

// mergePaths is RFC 3986 §5.2.3; a base that ends in ".." is taken as a folder (C14N 1.1 §2.4).
func mergePaths(base uriRef, path string) string {
	if base.path == "" {
		if base.hasAuthority {
			return "/" + path
		}
		return path
	}
	if base.path == ".." || strings.HasSuffix(base.path, "/..") {
		return base.path + "/" + path
	}
	return base.path[:strings.LastIndexByte(base.path, '/')+1] + path
}

// removeDots is RFC 3986 §5.2.4 as C14N 1.1 §2.4 changes it: leading ".." segments of a relative
// path stay, runs of "/" become one, and a trailing ".." ends in "/".
func removeDots(path string) string {
	if path == "" {
		return ""
	}
	rooted := strings.HasPrefix(path, "/")
	segments := strings.Split(path, "/")
	var out []string
	folder := false // the result names a folder
	for k, s := range segments {
		last := k == len(segments)-1
		switch {
		case s == "" || s == ".":
			folder = last
		case s == "..":
			folder = last
			switch {
			case len(out) > 0 && out[len(out)-1] != "..":
				out = out[:len(out)-1]
			case !rooted:
				out = append(out, s)
			}
		default:
			out = append(out, s)
		}
	}
	joined := strings.Join(out, "/")
	if rooted {
		joined = "/" + joined
	}
	if folder && joined != "" && joined != "/" {
		joined += "/"
	}
	return joined
}
