package shep

import (
	"context"
	"io"
	"time"

	"kopir/adapters/envelope"
	"kopir/gateway"
)

// Asker asks over the synchronous channel; a *[Client] with a verifier of replies is one.
type Asker interface {
	Sync(ctx context.Context, q SyncRequest) (SyncReply, error)
}

// RegisterConfig is how a register is called, as its passport says.
type RegisterConfig struct {
	ServiceID  string // default [GBDFLService]
	RouteID    string
	SenderCode string // our system's code with the register
	Requestor  string // BIN of who asks, where the register wants it
	Now        func() time.Time
	Rand       io.Reader
}

// PersonRegister asks ГБД ФЛ, or a register with the same messages, about people.
type PersonRegister struct {
	ask Asker
	cfg RegisterConfig
}

var _ gateway.Registers = (*PersonRegister)(nil)

// NewPersonRegister makes a register over the synchronous channel.
func NewPersonRegister(ask Asker, cfg RegisterConfig) *PersonRegister {
	cfg.ServiceID = either(cfg.ServiceID, GBDFLService)
	return &PersonRegister{ask: ask, cfg: cfg}
}

// Person implements [gateway.Registers]. No error tells whom was asked for.
func (r *PersonRegister) Person(ctx context.Context, iin string) (gateway.Person, error) {
	id, err := envelope.NewUUID(r.cfg.Rand)
	if err != nil {
		return gateway.Person{}, err
	}
	doc, err := EncodePersonRequest(PersonRequest{MessageID: id, MessageDate: r.cfg.Now(), SenderCode: r.cfg.SenderCode,
		IIN: iin, Requestor: r.cfg.Requestor})
	if err != nil {
		return gateway.Person{}, err
	}
	reply, err := r.ask.Sync(ctx, SyncRequest{ServiceID: r.cfg.ServiceID, RouteID: r.cfg.RouteID, MessageID: id,
		Data: doc, Form: envelope.FormTyped, Repeat: true})
	if err != nil {
		return gateway.Person{}, err
	}
	answer, err := DecodePersonAnswer(reply.Data)
	switch {
	case err != nil:
		return gateway.Person{}, err
	case !answer.Done():
		return gateway.Person{}, badAnswer("says that the request was not processed")
	case len(answer.Persons) == 0:
		return gateway.Person{}, &gateway.Error{Code: gateway.CodeNotFound, Detail: "the register knows nobody by this number"}
	case len(answer.Persons) > 1 || answer.Persons[0].IIN != iin:
		return gateway.Person{}, badAnswer("is about somebody else")
	}
	p := answer.Persons[0]
	return gateway.Person{IIN: p.IIN, Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic, BirthDate: p.BirthDate,
		Answer: reply.Data}, nil
}
