package conformance

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"kopir/cmd/kopir/internal/simulate"
)

// business are messages in order that carry what must not pass.
func business() []Case {
	refused := func(id, sent, clause string, d draft, codes ...string) Case {
		d.channel = sync10
		return Case{ID: id, Sent: sent, Expected: "fault or status " + strings.Join(codes, " or "), Clause: clause, run: exchange(d, refusedBusiness(codes...), shaped)}
	}
	return []Case{
		refused("B01", "a serviceId nobody has", "ErrorInfo SCE004", draft{ids: func(in *ids) { in.service = "KOPIR_NO_SUCH_SERVICE" }}, "SCE004"),
		refused("B02", "a document that is not signed", "ErrorInfo SCE017", draft{document: unsignedForm}, "SCE017"),
		refused("B03", "a document altered after it was signed", "XMLDSig §3.2.1; ErrorInfo SCE016", draft{document: alteredForm}, "SCE016"),
		refused("B04", "a form that names another IIN than the signer's", "Requirements for EDS: IIN of the certificate; StatusInfo", draft{document: func(b *bench, number string) ([]byte, error) {
			return b.signedBy(b.Person, number, simulate.SyntheticIIN(777))
		}}, "SCSE002", "SCE016"),
		refused("B05", "a document signed by the gateway's key, not by the citizen's", "the transport signature is no citizen's; StatusInfo", draft{document: func(b *bench, number string) ([]byte, error) {
			return b.signedBy(b.Gateway, number, b.IIN)
		}}, "SCSE002", "SCE015", "SCE016"),
		refused("B06", "a document whose signer's certificate is revoked", "RFC 5280 §5; ErrorInfo SCE015", draft{document: func(b *bench, number string) ([]byte, error) {
			return b.signedBy(b.Revoked, number, b.IIN)
		}}, "SCE015", "SCSE002"),
		refused("B07", "a document signed by somebody no trusted authority knows", "RFC 5280 §6; ErrorInfo SCE015", draft{document: func(b *bench, number string) ([]byte, error) {
			return b.signedBy(b.Stranger, number, b.IIN)
		}}, "SCE015", "SCE016", "SCSE002"),
		{ID: "B08", Sent: "a document sent before, under another messageId", Expected: "refused, SCSE002", Clause: "StatusInfo; one application, one number", run: secondID},
	}
}

// secondID sends the same signed document under two message ids.
func secondID(ctx context.Context, b *bench) (string, error) {
	doc, err := b.application(fmt.Sprintf("10107%09d", b.Now().UnixMilli()%1e9))
	if err != nil {
		return "", err
	}
	d := draft{channel: sync10, document: func(*bench, string) ([]byte, error) { return doc, nil }}
	first, err := b.send(ctx, d)
	if err != nil {
		return "", err
	}
	if err := accepted(b, first); err != nil {
		return first.String(), err
	}
	again, err := b.send(ctx, d)
	if err != nil {
		return "", err
	}
	return again.String(), refusedBusiness("SCSE002")(b, again)
}

// hostile are senders, not messages.
func hostile() []Case {
	return []Case{
		{ID: "H01", Sent: "half of the header lines, then nothing", Expected: "the connection is ended within --patience", Clause: "RFC 9110 §15.5.9; bounded waiting", slow: true, run: silent},
		{ID: "H02", Sent: "a message reset in its middle, then one in order", Expected: "200, SCSS001 for the second", Clause: "RFC 9293 §3.5.2; nothing of the first is taken", run: afterReset},
		{ID: "H03", Sent: "the same message eight times at once", Expected: "the same answer to all, or a plain refusal to come again", Clause: "messageId; de-duplication under RESEND", run: storm},
	}
}

func (b *bench) dial(ctx context.Context) (net.Conn, *url.URL, error) {
	at, err := b.address(sync10)
	if err != nil {
		return nil, nil, err
	}
	u, err := url.Parse(at)
	if err != nil {
		return nil, nil, err
	}
	if u.Scheme != "http" {
		return nil, nil, skip("not over TLS")
	}
	host := u.Host
	if u.Port() == "" {
		host += ":80"
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	return conn, u, err
}

// silent holds a connection open with a request that never comes.
func silent(ctx context.Context, b *bench) (string, error) {
	conn, u, err := b.dial(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	begun := b.Now()
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/x", u.Path, u.Host); err != nil {
		return "", err
	}
	_ = conn.SetReadDeadline(time.Now().Add(b.Patience))
	_, _ = io.Copy(io.Discard, conn) // an end is an end, by FIN or by RST
	took := b.Now().Sub(begun)
	if took >= b.Patience {
		return "nothing", fmt.Errorf("still open after %s", b.Patience)
	}
	return fmt.Sprintf("ended after %s", took.Round(time.Second)), nil
}

func afterReset(ctx context.Context, b *bench) (string, error) {
	conn, u, err := b.dial(ctx)
	if err != nil {
		return "", err
	}
	doc, _, err := b.write(draft{channel: sync10})
	if err != nil {
		_ = conn.Close()
		return "", err
	}
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", u.Path, u.Host, len(doc), doc[:len(doc)/2])
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
	if err != nil {
		return "", err
	}
	r, err := b.post(ctx, b.Sync, doc, nil)
	if err != nil {
		return "", err
	}
	return r.String(), accepted(b, r)
}

func storm(ctx context.Context, b *bench) (string, error) {
	at, err := b.address(sync10)
	if err != nil {
		return "", err
	}
	doc, _, err := b.write(draft{channel: sync10})
	if err != nil {
		return "", err
	}
	var replies [8]reply
	var errs [8]error
	var wg sync.WaitGroup
	for i := range replies {
		wg.Go(func() { replies[i], errs[i] = b.post(ctx, at, doc, nil) })
	}
	wg.Wait()
	var first *reply
	again := 0
	for i := range replies {
		switch {
		case errs[i] != nil:
			return "", errs[i]
		case accepted(b, replies[i]) != nil:
			if err := refusedBusiness("SCSE003", "SCE909")(b, replies[i]); err != nil {
				return replies[i].String(), err
			}
			again++
		case first == nil:
			first = &replies[i]
		default:
			if err := sameAnswer(*first, replies[i]); err != nil {
				return replies[i].String(), err
			}
		}
	}
	if first == nil {
		return "nothing", fmt.Errorf("none of the eight was accepted")
	}
	return fmt.Sprintf("%d the same, %d to come again", len(replies)-again, again), nil
}
