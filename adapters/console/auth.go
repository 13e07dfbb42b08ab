package console

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"

	"kopir/gateway"
)

// Authenticator says who asks. An error has CodeUnauthenticated when nobody is known by what
// the request carries; the pages themselves let in callers of kind operator only.
type Authenticator interface {
	Authenticate(r *http.Request) (gateway.Caller, error)
}

// Keys knows callers by their key, as gateway.Access does.
type Keys interface {
	Authenticate(ctx context.Context, key string) (gateway.Caller, error)
}

// Basic reads HTTP Basic: the user is the caller's id, the password its key.
func Basic(keys Keys) Authenticator { return basic{keys} }

type basic struct{ keys Keys }

func (b basic) Authenticate(r *http.Request) (gateway.Caller, error) {
	id, key, ok := r.BasicAuth()
	if !ok || id == "" || key == "" {
		return gateway.Caller{}, errNobody
	}
	caller, err := b.keys.Authenticate(r.Context(), key)
	if err != nil {
		return gateway.Caller{}, err
	}
	if subtle.ConstantTimeCompare([]byte(caller.ID), []byte(id)) != 1 {
		return gateway.Caller{}, errNobody
	}
	return caller, nil
}

// nobody is the zero Auth: it knows no one.
type nobody struct{}

func (nobody) Authenticate(*http.Request) (gateway.Caller, error) { return gateway.Caller{}, errNobody }

var (
	errNobody = &gateway.Error{Code: gateway.CodeUnauthenticated, Detail: "sign in with caller id and key"}
	errOthers = &gateway.Error{Code: gateway.CodeForbidden, Detail: "the pages are for operators"}
	errMethod = errors.New("the pages are read-only")
)

// operator lets in callers of kind operator and nobody else.
func (c *Console) operator(r *http.Request) (gateway.Caller, error) {
	caller, err := c.cfg.Auth.Authenticate(r)
	if err != nil {
		return gateway.Caller{}, err
	}
	if caller.Kind != gateway.CallerOperator {
		return caller, errOthers
	}
	return caller, nil
}
