package shep

import (
	"context"
	"encoding/base64"
	"errors"

	"kopir/adapters/envelope"
	"kopir/gateway"
	"kopir/gateway/catalogue"
)

// Namespace is the payload's namespace where the service has none of its own.
const Namespace = "urn:kopir:response:1"

// Statuses are the codes of our own style, for an operator to begin with (gateway-protocol.md §6.2: 001
// registered or under way, 010 final). A service's own list is in its payload.
func Statuses() map[string]string {
	codes := map[string]string{}
	for word, row := range catalogue.OwnPayload().Statuses {
		codes[word] = row["code"]
	}
	return codes
}

// riding is how a variant of the catalogue rides in data.
var riding = map[string]envelope.Form{
	catalogue.VariantText: envelope.FormText, catalogue.VariantTyped: envelope.FormTyped, catalogue.VariantElement: envelope.FormElement,
}

// form writes the document to the portal as the service's payload has it.
func (c *Client) form(ctx context.Context, m gateway.Message, cs gateway.Case, result []byte, service Service) ([]byte, envelope.Form, error) {
	payload := service.Payload
	if payload == nil {
		payload = catalogue.OwnPayload()
	}
	payload = payload.With(service.Namespace, c.cfg.Statuses)
	facts := c.facts(m, cs, result)
	if len(result) > 0 {
		file, err := c.resultFile(ctx, payload.TemplateFor(m.Kind, m.Status), m, cs, result)
		if err != nil {
			return nil, envelope.FormNone, err
		}
		facts.Files = append(facts.Files, file)
	}
	doc, err := payload.Write(m.Kind, facts)
	return doc, riding[payload.Variant], err
}

func (c *Client) facts(m gateway.Message, cs gateway.Case, result []byte) catalogue.Facts {
	kk, ru := c.cfg.Words(m, cs)
	values := map[string]string{
		"request_number": cs.RequestNumber, "chain_id": either(cs.ChainID, cs.RequestNumber), "request_date": requestDate(cs),
		"correlation_id": chainOf(cs), "number": cs.Number, "iin": cs.IIN, "bin": cs.BIN, "status": m.Status, "code": m.Text["code"],
		"step": m.Text["step"], "kk": kk, "ru": ru, "outcome": cs.Outcome, "now": envelope.FormatDate(c.cfg.Now()),
	}
	if !cs.ReceivedAt.IsZero() {
		values["received_at"] = envelope.FormatDate(cs.ReceivedAt)
	}
	if !cs.DueAt.IsZero() {
		values["due_at"] = envelope.FormatDate(cs.DueAt)
	}
	if len(result) > 0 { // base64: the signed octets must arrive as they are
		values["result"] = base64.StdEncoding.EncodeToString(result)
	}
	return catalogue.Facts{Status: m.Status, Values: values}
}

var errNoStorage = errors.New("shep: the service's payload names results by their id, and no temporary storage is configured")

// resultFile is the signed result as a file entry. Where the portal takes files by id, it goes to the
// temporary storage first, under the same name with every attempt.
func (c *Client) resultFile(ctx context.Context, t *catalogue.Template, m gateway.Message, cs gateway.Case, result []byte) (map[string]string, error) {
	file := map[string]string{"code": "result", "name": cs.Number + ".xml", "number": cs.Number, "sha256": cs.ResultSHA,
		"date": envelope.FormatDate(c.cfg.Now()), "content": base64.StdEncoding.EncodeToString(result)}
	if !t.Needs("file.id") {
		return file, nil
	}
	if c.cfg.Files == nil || c.cfg.SyncURL == "" {
		return nil, errNoStorage
	}
	id, err := NewTemporary(c, *c.cfg.Files).Upload(ctx, m.ID, file["name"], "application/xml", result)
	file["id"] = id
	return file, err
}

// requestDate is the date as the form wrote it, which is what the portal compares.
func requestDate(c gateway.Case) string {
	if c.RequestDate != "" || c.ReceivedAt.IsZero() {
		return c.RequestDate
	}
	return envelope.FormatDate(c.ReceivedAt)
}
