package shep

import (
	"encoding/base64"
	"maps"

	"kopir/adapters/envelope"
	"kopir/gateway"
	"kopir/xmlsig/xmltree"
)

// Namespace is the payload's namespace where the service has none of its own.
const Namespace = "urn:kopir:response:1"

// defaultStatuses are the two values of CurrentStatus known from public messages: 001 registered or
// under way, 010 final (gateway-protocol.md §6.2). A service's own list comes by configuration.
var defaultStatuses = map[string]string{
	"parked": "001", "accepted": "001", "in_work": "001", "step": "001",
	"completed": "010", "declined": "010", "refused": "010",
}

// Statuses is the default list, for an operator to begin with.
func Statuses() map[string]string { return maps.Clone(defaultStatuses) }

// form writes the portal's responseMessage: its root is in no namespace, all inside is qualified.
func (c *Client) form(m gateway.Message, cs gateway.Case, result []byte, service Service) []byte {
	kk, ru := c.cfg.Words(m, cs)
	f := &formWriter{}
	f.raw(`<?xml version="1.0" encoding="UTF-8"?><responseMessage xmlns:ns3="`)
	f.buf = xmltree.EscapeAttr(f.buf, either(service.Namespace, Namespace))
	f.raw(`"><ns3:SystemInfo>`)
	f.element("RequestNumber", cs.RequestNumber)
	f.element("ChainId", cs.RequestNumber)
	f.element("RequestDate", requestDate(cs))
	f.may("AdditionalInfoRu", ru)
	f.may("AdditionalInfoKz", kk)
	f.raw(`</ns3:SystemInfo><ns3:ResponseData>`)
	f.element("RequestNumber", cs.RequestNumber)
	f.element("CurrentStatus", c.status(m.Status))
	f.element("CurrentStatusText", ru)
	f.element("CurrentStatusTextKz", kk)
	f.element("Status", m.Status)
	f.may("Code", m.Text["code"])
	f.may("Step", m.Text["step"])
	f.may("Number", cs.Number)
	if !cs.DueAt.IsZero() {
		f.element("DueAt", envelope.FormatDate(cs.DueAt))
	}
	f.may("Outcome", cs.Outcome)
	if len(result) > 0 { // base64: the signed octets must arrive as they are
		f.element("ResultDocument", base64.StdEncoding.EncodeToString(result))
	}
	f.raw(`</ns3:ResponseData></responseMessage>`)
	return f.buf
}

func (c *Client) status(word string) string {
	if s, ok := c.cfg.Statuses[word]; ok {
		return s
	}
	if s, ok := defaultStatuses[word]; ok {
		return s
	}
	return "001"
}

// requestDate is the date as the form wrote it, which is what the portal compares.
func requestDate(c gateway.Case) string {
	if c.RequestDate != "" || c.ReceivedAt.IsZero() {
		return c.RequestDate
	}
	return envelope.FormatDate(c.ReceivedAt)
}

// formWriter writes qualified elements.
type formWriter struct{ buf []byte }

func (f *formWriter) raw(s string)  { f.buf = append(f.buf, s...) }
func (f *formWriter) text(s string) { f.buf = envelope.AppendText(f.buf, s) }

func (f *formWriter) element(name, value string) {
	f.raw("<ns3:" + name + ">")
	f.text(value)
	f.raw("</ns3:" + name + ">")
}

func (f *formWriter) may(name, value string) {
	if value != "" {
		f.element(name, value)
	}
}
