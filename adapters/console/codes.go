package console

import "kopir/gateway"

// codeTitle is a reason in a few plain words.
func (c *Console) codeTitle(lang string, code gateway.Code) string {
	return c.texts.word(lang, "code", string(code))
}

// operatorText is a reason's likely cause and what to do, in the language of the page or the next best.
func (c *Console) operatorText(lang string, code gateway.Code) string {
	text, ok := c.cfg.Codes(code)
	if !ok {
		return ""
	}
	return inLanguage(text.Operator, lang)
}

// applicantText is what the applicant is told; there is no English one.
func (c *Console) applicantText(lang string, code gateway.Code) string {
	text, ok := c.cfg.Codes(code)
	if !ok {
		return ""
	}
	return inLanguage(text.Applicant, lang)
}

// inLanguage picks the text of a language, or of the first one that has any.
func inLanguage(texts map[string]string, lang string) string {
	if s := texts[lang]; s != "" {
		return s
	}
	for _, other := range []string{"ru", "kk", "en"} {
		if s := texts[other]; s != "" {
			return s
		}
	}
	return ""
}
