package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"kopir/adapters/envelope"
	"kopir/xmlsig/xmltree"
)

// back looks at what the adapter itself sends to the gateway along a chain.
func back() []Case {
	const clause = "IAsyncChannel sendMessage; AsyncMessageInfo"
	return []Case{
		{ID: "C01", Sent: "an application in order, by the asynchronous channel", Expected: "a NOTIFICATION or RESPONSE with the chain's correlationId", Clause: clause, run: along(draft{channel: async10}, 1, sameChain)},
		{ID: "C02", Sent: "the same", Expected: "the message fits the schema, messageId and sessionId left to the gateway", Clause: "AsyncSendMessageRequest XSD", run: along(draft{channel: async10}, 1, sendable)},
		{ID: "C03", Sent: "the same", Expected: "its Body is signed", Clause: clauseWSS, run: along(draft{channel: async10}, 1, sealedLetter)},
		{ID: "C04", Sent: "a document that is not signed", Expected: "the refusal comes along the chain as RESPONSE or NOTIFICATION", Clause: clause, run: along(draft{channel: async10, document: unsignedForm}, 1, sameChain)},
		{ID: "C05", Sent: "an application; its first message back gets a 500 with a fault", Expected: "the message comes again, the same", Clause: "SOAP 1.1 §6.2; nothing is lost", run: again},
	}
}

// along sends and waits for what comes back along the chain.
func along(d draft, n int, check func(b *bench, in ids, got letter) error) runner {
	return func(ctx context.Context, b *bench) (string, error) {
		if b.Inbox == nil {
			return "", skip("it is not known where the adapter sends: --listen")
		}
		r, err := b.send(ctx, d)
		if err != nil {
			return "", err
		}
		if err := accepted(b, r); err != nil {
			return r.String(), err
		}
		ctx, cancel := context.WithTimeout(ctx, b.Patience)
		defer cancel()
		letters, err := b.Inbox.await(ctx, r.ids.chain, n)
		if err != nil {
			return r.String(), err
		}
		return kinds(letters), check(b, r.ids, letters[0])
	}
}

func kinds(letters []letter) string {
	var all []string
	for _, l := range letters {
		all = append(all, l.body.MessageType)
	}
	return strings.Join(all, ", ")
}

func sameChain(_ *bench, in ids, got letter) error {
	switch m := got.body; {
	case m.MessageType != envelope.TypeNotification && m.MessageType != envelope.TypeResponse && m.MessageType != envelope.TypeUpdate:
		return fmt.Errorf("messageType is %q", m.MessageType)
	case m.ServiceID != in.service:
		return fmt.Errorf("serviceId is %q", m.ServiceID)
	case m.Sender.ID == "":
		return errors.New("senderId is empty")
	case m.Data.Form == envelope.FormNone:
		return errors.New("data is empty")
	}
	return nil
}

var asyncQuestion = []part{one("request",
	one("messageInfo", may("messageId"), one("correlationId"), one("serviceId"), one("messageType"), may("routeId"), one("messageDate"),
		one("sender", one("senderId"), may("password")), may("properties"), may("properties"), may("properties"), may("sessionId")),
	one("messageData", one("data")))}

func sendable(_ *bench, _ ids, got letter) error {
	if got.body.SessionID != "" {
		return errors.New("sessionId is the gateway's to fill")
	}
	tree, err := xmltree.Parse(got.raw, xmltree.Limits{})
	if err != nil {
		return err
	}
	top := tree.Root.Child("Body").Child("sendMessage")
	if !top.Is(envelope.NSAsync, "sendMessage") {
		return errors.New("the Body holds no sendMessage of the channel's namespace")
	}
	return fits(top, asyncQuestion, true)
}

func sealedLetter(b *bench, _ ids, got letter) error {
	return signed(b, reply{status: http.StatusOK, raw: got.raw})
}

// again refuses the first message of a chain and wants it a second time.
func again(ctx context.Context, b *bench) (string, error) {
	if b.Inbox == nil {
		return "", skip("it is not known where the adapter sends: --listen")
	}
	var chain string
	d := draft{channel: async10, ids: func(in *ids) { chain = in.chain; b.Inbox.refuseFirst(chain) }}
	r, err := b.send(ctx, d)
	if err != nil {
		return "", err
	}
	if err := accepted(b, r); err != nil {
		return r.String(), err
	}
	ctx, cancel := context.WithTimeout(ctx, b.Patience)
	defer cancel()
	letters, err := b.Inbox.await(ctx, chain, 2)
	if err != nil {
		return kinds(letters), err
	}
	one, errOne := letters[0].body.Data.Payload()
	two, errTwo := letters[1].body.Data.Payload()
	if err := errors.Join(errOne, errTwo); err != nil {
		return kinds(letters), err
	}
	if string(one) != string(two) || !letters[0].refused {
		return kinds(letters), errors.New("what came second is another message")
	}
	return kinds(letters), nil
}
