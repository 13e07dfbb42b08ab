package xmlsig_test

import (
	"regexp"
	"strings"
)

var (
	reTransforms     = regexp.MustCompile(`(?s)<ds:Transforms>.*?</ds:Transforms>\s*`)
	reInTransforms   = regexp.MustCompile(`(?s)<ds:Transforms>(.*?)</ds:Transforms>`)
	reC14NMethod     = regexp.MustCompile(`<ds:CanonicalizationMethod Algorithm="[^"]*"/>`)
	reC14NTransform  = regexp.MustCompile(`<ds:Transform Algorithm="[^"]*c14n[^"]*"/>`)
	reReferenceWhole = regexp.MustCompile(`(?s)<ds:Reference .*?</ds:Reference>`)
	reSignatureEnd   = regexp.MustCompile(`()</ds:Signature>`)
	reSignatureStart = regexp.MustCompile(`<ds:Signature( )`)
	reMethods        = regexp.MustCompile(`<ds:(?:SignatureMethod|DigestMethod) Algorithm="[^"]*"(/)>`)
)

func transformTag(uri, inside string) string {
	if inside == "" {
		return `<ds:Transform Algorithm="` + uri + `"/>`
	}
	return `<ds:Transform Algorithm="` + uri + `">` + inside + `</ds:Transform>`
}

func prefixList(list string) string {
	return `<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="` + list + `"/>`
}

// canonicalisation is a transform of any kind, now and then with a PrefixList.
func (m *oracleMutator) canonicalisation() string {
	uri := m.one(oracleC14N, oracleC14N11, oracleExclusive)
	inside := ""
	if uri == oracleExclusive && m.IntN(2) == 0 {
		inside = prefixList(m.one("", "#default", "n soap app x", "  n\n#default ", "none", "xml"))
	}
	if m.IntN(2) == 0 {
		uri += map[bool]string{true: "WithComments", false: "#WithComments"}[uri == oracleExclusive]
	}
	return transformTag(uri, inside)
}

// oracleOddities are changes to make before signing again.
var oracleOddities = map[string]func(*oracleMutator, string) string{
	"canonicalisation": func(m *oracleMutator, doc string) string {
		return m.at(doc, reC14NTransform, func(string) string { return m.canonicalisation() })
	},
	"canonicalisation of SignedInfo": func(m *oracleMutator, doc string) string {
		return m.at(doc, reC14NMethod, func(string) string {
			return strings.ReplaceAll(m.canonicalisation(), "ds:Transform", "ds:CanonicalizationMethod")
		})
	},
	"transforms lost":    operator(reTransforms, func(*oracleMutator, string) string { return "" }),
	"canonicalised last": operator(reC14NTransform, func(*oracleMutator, string) string { return "" }),
	"enveloped lost": func(m *oracleMutator, doc string) string {
		return strings.Replace(doc, transformTag(oracleEnveloped, ""), "", 1)
	},
	"enveloped only": operator(reInTransforms, func(*oracleMutator, string) string { return transformTag(oracleEnveloped, "") }),
	"transforms turned": operator(reInTransforms, func(m *oracleMutator, s string) string {
		return m.canonicalisation() + transformTag(oracleEnveloped, "")
	}),
	"transform doubled": operator(reC14NTransform, func(m *oracleMutator, s string) string {
		return s + m.one(s, m.canonicalisation(), transformTag(oracleEnveloped, ""))
	}),
	"enveloped in front": operator(reInTransforms, func(m *oracleMutator, s string) string { return transformTag(oracleEnveloped, "") + s }),
	"foreign transform": operator(reC14NTransform, func(m *oracleMutator, s string) string {
		foreign := transformTag("http://www.w3.org/TR/1999/REC-xpath-19991116", `<ds:XPath>`+m.one("true()", "not(ancestor-or-self::ds:Signature)", "self::text()")+`</ds:XPath>`)
		base64 := transformTag("http://www.w3.org/2000/09/xmldsig#base64", "")
		return m.one(foreign, base64, foreign+s, s+base64, foreign+s)
	}),
	"reference": operator(reReference, func(m *oracleMutator, s string) string {
		return m.one("", "#whole", "#part", "#xpointer(/)", "#xpointer(id('part'))", `#xpointer(id(&quot;whole&quot;))`)
	}),
	"second reference": operator(reReferenceWhole, func(m *oracleMutator, s string) string {
		return m.one(s+s, strings.Replace(s, `URI=""`, `URI="#part"`, 1)+s, s+strings.Replace(s, `URI=""`, `URI="#part"`, 1), s+strings.Replace(s, "<ds:Reference ", `<ds:Reference Type="urn:any" Id="ref" `, 1))
	}),
	"object signed": func(m *oracleMutator, doc string) string {
		doc = m.at(doc, reSignatureEnd, func(string) string {
			return m.one(`<ds:Object Id="obj"><x>1</x></ds:Object>`, `<ds:Object><y xmlns="" Id="obj"/></ds:Object>`)
		})
		return m.at(doc, reReferenceWhole, func(s string) string {
			own := `<ds:Reference URI="#obj">` + m.one("", `<ds:Transforms>`+m.canonicalisation()+`</ds:Transforms>`) + regexp.MustCompile(`<ds:DigestMethod [^>]*>`).FindString(s) + `<ds:DigestValue></ds:DigestValue></ds:Reference>`
			return m.one(own, s+own, own+s)
		})
	},
	"KeyInfo signed": func(m *oracleMutator, doc string) string {
		doc = strings.Replace(doc, "<ds:KeyInfo>", `<ds:KeyInfo Id="ki">`, 1)
		return m.at(doc, reReferenceWhole, func(s string) string {
			return s + `<ds:Reference URI="#ki"><ds:Transforms>` + m.canonicalisation() + `</ds:Transforms>` + regexp.MustCompile(`<ds:DigestMethod [^>]*>`).FindString(s) + `<ds:DigestValue>AA==</ds:DigestValue></ds:Reference>`
		})
	},
	"ids": operator(reSignatureStart, func(m *oracleMutator, s string) string { return ` Id="` + m.one("sig", "whole", "part") + `" ` }),
	"namespaces": operator(reSignatureStart, func(m *oracleMutator, s string) string {
		return m.one(` xmlns="urn:d" `, ` xmlns:n="urn:n9" `, ` xml:space="preserve" `, ` xmlns="" `)
	}),
	"markup in between": inserting(reSignedGap, " ", "\n ", "<!-- c -->", "&#13;\n", "&#x20;"),
	"attributes of methods": operator(reMethods, func(m *oracleMutator, s string) string {
		return m.one(` x="1"/`, ` xmlns:z="urn:z"/`, ` Id="part"/`)
	}),
	"content": func(m *oracleMutator, doc string) string {
		for range 1 + m.IntN(4) {
			doc = m.mutate(doc, m.one("text", "attribute added", "CDATA", "comment between", "instruction", "white space", "namespace on root", "element doubled", "character reference", "prefix renamed with declaration", "empty spelled out", "CRLF", "element moved", "attributes turned"))
		}
		return doc
	},
	"signature elsewhere": func(m *oracleMutator, doc string) string { return m.carry(doc, reGap) },
	"digest":              operator(regexp.MustCompile(`<ds:DigestMethod Algorithm="([^"]*)"`), func(m *oracleMutator, s string) string { return m.one(oracleURIs...) }),
	"root wrapped":        func(m *oracleMutator, doc string) string { return m.mutate(doc, "root wrapped") },
}
