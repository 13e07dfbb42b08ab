package rediscache

import (
	"errors"
	"net/url"

	"github.com/redis/go-redis/v9"
)

// errMalformed does not quote its cause, which may hold the password.
var errMalformed = errors.New("rediscache: the address of Redis is malformed")

// dial makes the client the URL asks for: one server, Sentinel (?master_name=…) or a cluster (?addr=…). It opens no
// connection yet. Contexts bound every command; nothing is tried twice behind their back.
func dial(address string) (redis.UniversalClient, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errMalformed
	}
	switch query := u.Query(); {
	case query.Has("master_name"):
		o, err := redis.ParseFailoverURL(address)
		if err != nil {
			return nil, errMalformed
		}
		o.ContextTimeoutEnabled, o.MaxRetries, o.DialerRetries = true, -1, 1
		return redis.NewFailoverClient(o), nil
	case query.Has("addr"):
		o, err := redis.ParseClusterURL(address)
		if err != nil {
			return nil, errMalformed
		}
		o.ContextTimeoutEnabled, o.MaxRetries, o.DialerRetries = true, -1, 1
		return redis.NewClusterClient(o), nil
	}
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, errMalformed
	}
	o.ContextTimeoutEnabled, o.MaxRetries, o.DialerRetries = true, -1, 1
	return redis.NewClient(o), nil
}
