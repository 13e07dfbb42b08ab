package xmlsig_test

import (
	"strings"

	"kopir/xmlsig"
	"kopir/xmlsig/reason"
)

// text are faults of the infoset: what is read is not what was signed.
func (m *maker) text() {
	doc := m.sign(vectorForm, m.person, xmlsig.SignOptions{})
	change := func(class, name string, code reason.Code, why, old, with string) {
		if !strings.Contains(doc, old) {
			m.t.Fatalf("%s/%s changes nothing", class, name)
		}
		m.add(class, name, code, why, strings.Replace(doc, old, with, 1))
	}
	change("comment-injection", "splits-number", reason.XMLForbidden, "some read 000 only", "000230", "000<!---->230")
	change("comment-injection", "before-text", reason.XMLForbidden, "a comment inside the element of a text", "<iin>", "<iin><!-- x -->")
	change("comment-injection", "after-text", reason.XMLForbidden, "a comment inside the element of a text", "</iin>", "<!-- x --></iin>")
	change("comment-injection", "hides-element", reason.DigestMismatch, "an element is commented out", `<sum Id="s1">100</sum>`, `<!--<sum Id="s1">100</sum>-->`)
	change("pi-splitting", "splits-number", reason.DigestMismatch, "a processing instruction is signed content", "000230", "000<?x y?>230")
	change("pi-splitting", "between-elements", reason.DigestMismatch, "a processing instruction is signed content", "<name>", "<?x y?><name>")
	change("pi-splitting", "in-signature-value", reason.SignatureMalformed, "a value holds markup", "<ds:SignatureValue>", "<ds:SignatureValue><?x?>")
	change("cdata-entity", "adds-text", reason.DigestMismatch, "a CDATA section next to the text", ">100<", ">100<![CDATA[000]]><")
	change("cdata-entity", "undefined-entity", reason.XMLMalformed, "an entity nobody declared", ">100<", ">&hundred;<")
	change("cdata-entity", "reference-to-nothing", reason.XMLMalformed, "a character that XML does not have", ">100<", ">100&#0;<")
	m.add("cdata-entity", "in-values", "", "CDATA is text like any other, in values too: every program reads the same",
		strings.NewReplacer("<ds:DigestValue>", "<ds:DigestValue><![CDATA[", "</ds:DigestValue>", "]]></ds:DigestValue>", "<ds:SignatureValue>", "<ds:SignatureValue><![CDATA[",
			"</ds:SignatureValue>", "]]></ds:SignatureValue>", "<ds:X509Certificate>", "<ds:X509Certificate><![CDATA[", "</ds:X509Certificate>", "]]></ds:X509Certificate>").Replace(doc))
	m.add("cdata-entity", "in-values-altered", reason.DigestMismatch, "and it hides nothing", strings.NewReplacer(">100<", ">evil<", "<ds:DigestValue>", "<ds:DigestValue><![CDATA[",
		"</ds:DigestValue>", "]]></ds:DigestValue>").Replace(doc))
	change("cdata-entity", "cdata-end", reason.XMLMalformed, "]]> in text", ">100<", ">1]]>00<")
	change("namespace", "default-on-root", reason.SignatureInvalid, "the content moves to another namespace, SignedInfo inherits it", `<form Id="f1">`, `<form Id="f1" xmlns="urn:evil">`)
	change("namespace", "default-on-child", reason.DigestMismatch, "a child moves to another namespace", `<sum Id="s1">`, `<sum Id="s1" xmlns="urn:evil">`)
	change("namespace", "unbound-prefix", reason.XMLMalformed, "a prefix is bound to nothing", `<form Id="f1">`, `<form Id="f1" xmlns:p="">`)
	change("namespace", "undeclared-prefix", reason.XMLMalformed, "a prefix nobody declared", "<name>", "<e:name>")
	change("namespace", "xml-rebound", reason.XMLMalformed, "the prefix xml is bound elsewhere", `<form Id="f1">`, `<form Id="f1" xmlns:xml="urn:evil">`)
	change("namespace", "xmlns-as-prefix", reason.XMLMalformed, "xmlns used as an element's prefix", "<name>", "<xmlns:x/><name>")
	change("namespace", "two-colons", reason.XMLMalformed, "a name with two colons", "<name>", "<a:b:c/><name>")
	change("namespace", "ds-rebound", reason.SignatureMissing, "the signature's prefix means something else", `xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`, `xmlns:ds="urn:evil"`)
	change("relative-namespace", "on-root", reason.XMLForbidden, "canonicalisation has no form for it", `<form Id="f1">`, `<form Id="f1" xmlns="ns">`)
	change("relative-namespace", "prefix", reason.XMLForbidden, "canonicalisation has no form for it", "<name>", `<x xmlns:p="../ns"/><name>`)
	change("attribute-white-space", "line-end", reason.XMLForbidden, "XML reads a space, others a line end", `<form Id="f1">`, "<form Id=\"f1\" t=\"a\nb\">")
	change("attribute-white-space", "tab", reason.XMLForbidden, "XML reads a space, others a tab", `<form Id="f1">`, "<form Id=\"f1\" t=\"a\tb\">")
	change("attribute-white-space", "in-id", reason.XMLForbidden, "an Id with a line end", `Id="f1"`, "Id=\"f1\n\"")
	change("duplicate-attribute", "same-name", reason.XMLMalformed, "some take the first, some the last", `Id="f1"`, `Id="evil" Id="f1"`)
	change("duplicate-attribute", "same-expanded-name", reason.XMLMalformed, "two prefixes of one namespace", `<form Id="f1">`, `<form Id="f1" xmlns:a="urn:x" xmlns:b="urn:x" a:t="1" b:t="2">`)
	change("duplicate-attribute", "same-declaration", reason.XMLMalformed, "a namespace declared twice", `<form Id="f1">`, `<form Id="f1" xmlns:a="urn:x" xmlns:a="urn:y">`)
	change("unicode", "decomposed", reason.DigestMismatch, "й in two code points looks the same", "СЫНАҚОВ", "СЫНАҚОВЙ"[:12]+"И\u0306")
	change("unicode", "look-alike", reason.DigestMismatch, "Latin letters among Cyrillic ones", "СЫНАҚОВ", "CЫHAҚОВ")
	change("unicode", "direction", reason.DigestMismatch, "a bidirectional override", "СЫНАҚОВ", "\u202EСЫНАҚОВ")
	change("unicode", "no-break-space", reason.DigestMismatch, "another space", "СЫНАҚОВ ", "СЫНАҚОВ\u00A0")
	change("unicode", "zero-width", reason.DigestMismatch, "a character nobody sees", "000230", "000\u200B230")
	change("unicode", "noncharacter", reason.XMLMalformed, "U+FFFE is no character of XML", "000230", "000\uFFFE230")
	change("unicode", "control", reason.XMLMalformed, "a control character", "000230", "000\x01230")
}

// lexical are faults of the document as a whole.
func (m *maker) lexical() {
	doc := m.sign(vectorForm, m.person, xmlsig.SignOptions{})
	bad := func(name, why, changed string) { m.add("not-well-formed", name, reason.XMLMalformed, why, changed) }
	bad("two-roots", "a second root", doc+"<form>evil</form>")
	bad("text-after", "text behind the root", doc+"evil")
	bad("text-before", "text before the root", "evil"+doc)
	bad("declaration-inside", "an XML declaration inside", strings.Replace(doc, "<name>", `<?xml version="1.0"?><name>`, 1))
	bad("declaration-late", "white space before the XML declaration", "\n"+`<?xml version="1.0"?>`+doc)
	bad("cut-short", "the end is missing", doc[:len(doc)-20])
	bad("wrong-end-tag", "tags do not match", strings.Replace(doc, "</name>", "</nam>", 1))
	bad("bare-ampersand", "an ampersand that begins nothing", strings.Replace(doc, ">100<", ">1&0<", 1))
	bad("no-space-between-attributes", "attributes run together", strings.Replace(doc, `Id="f1"`, `Id="f1"t="1"`, 1))
	bad("unquoted-attribute", "a value without quotes", strings.Replace(doc, `Id="f1"`, `Id=f1`, 1))
	bad("less-than-in-attribute", "< in an attribute", strings.Replace(doc, `Id="f1"`, `Id="f1" t="<"`, 1))
	bad("double-hyphen-in-comment", "-- in a comment", strings.Replace(doc, "<name>", "<!-- a -- b --><name>", 1))
	bad("nothing", "no document at all", " ")
	outside := func(name, why, changed string) {
		m.add("outside-root", name, reason.DigestMismatch, why, changed)
	}
	outside("instruction-before", `URI="" covers instructions before the root`, "<?evil x?>"+doc)
	outside("instruction-after", `URI="" covers instructions behind the root`, doc+"<?evil x?>")
	outside("stylesheet", "a style sheet shows something else", `<?xml-stylesheet type="text/xsl" href="evil.xsl"?>`+doc)
	coded := func(name string, code reason.Code, why, changed string) { m.add("encoding", name, code, why, changed) }
	coded("utf-16-declared", reason.XMLForbidden, "UTF-16 is declared, the octets are UTF-8", `<?xml version="1.0" encoding="UTF-16"?>`+doc)
	coded("windows-1251-declared", reason.XMLForbidden, "the same octets are other letters in windows-1251", `<?xml version="1.0" encoding="windows-1251"?>`+doc)
	coded("utf-7-declared", reason.XMLForbidden, "UTF-7 hides markup", `<?xml version="1.0" encoding="UTF-7"?>`+doc)
	coded("windows-1251", reason.XMLMalformed, "the octets are windows-1251", strings.Replace(doc, "СЫНАҚОВ", "\xD1\xDB\xCD\xC0\xCA\xCE\xC2", 1))
	coded("overlong", reason.XMLMalformed, "UTF-8 longer than it need be", strings.Replace(doc, ">100<", ">1\xC0\xB00<", 1))
	coded("surrogate", reason.XMLMalformed, "a surrogate in UTF-8", strings.Replace(doc, ">100<", ">\xED\xA0\x80<", 1))
	coded("two-byte-order-marks", reason.XMLMalformed, "two byte order marks", "\uFEFF\uFEFF"+doc)
	coded("xml-1.1", reason.XMLForbidden, "XML 1.1 has other characters and line ends", `<?xml version="1.1"?>`+doc)
	coded("mojibake", reason.DigestMismatch, "UTF-8 was read as windows-1251 and written again", strings.ReplaceAll(doc, "СЫНАҚОВ", "РЎР«РќРђТљРћР’"))
	m.doctypes(doc)
}

func (m *maker) doctypes(doc string) {
	for name, dtd := range map[string]string{
		"bare": `<!DOCTYPE form>`, "external-subset": `<!DOCTYPE form SYSTEM "http://evil/x.dtd">`,
		"attribute-default": `<!DOCTYPE form [<!ATTLIST sum evil CDATA "1">]>`, "xmlns-default": `<!DOCTYPE form [<!ATTLIST form xmlns CDATA "urn:evil">]>`,
		"id-type":          `<!DOCTYPE form [<!ATTLIST sum ref ID #IMPLIED>]>`,
		"entity":           `<!DOCTYPE form [<!ENTITY a "evil">]>`,
		"external-entity":  `<!DOCTYPE form [<!ENTITY a SYSTEM "file:///etc/passwd">]>`,
		"parameter-entity": `<!DOCTYPE form [<!ENTITY % a SYSTEM "http://evil/x"> %a;]>`,
		"billion-laughs":   `<!DOCTYPE form [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>`,
		"quadratic":        `<!DOCTYPE form [<!ENTITY a "` + strings.Repeat("x", 200) + `">]>`,
		"lower-case":       `<!doctype form>`,
	} {
		code := reason.XMLForbidden
		if name == "lower-case" {
			code = reason.XMLMalformed
		}
		m.add("dtd", name, code, "a document type may change what is read", dtd+doc)
	}
}
