package redisqueue

import (
	"net/url"

	"github.com/redis/go-redis/v9"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// dial makes the client the URL asks for. It opens no connection yet. Contexts bound every command;
// nothing is tried twice behind their back.
func dial(address string) (redis.UniversalClient, error) {
	malformed := func(error) error { // the cause may quote the password
		return reason.New(gateway.CodeUnavailable, "the address of Redis is malformed")
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, malformed(err)
	}
	switch query := u.Query(); {
	case query.Has("master_name"):
		o, err := redis.ParseFailoverURL(address)
		if err != nil {
			return nil, malformed(err)
		}
		o.ContextTimeoutEnabled, o.MaxRetries, o.DialerRetries = true, -1, 1
		return redis.NewFailoverClient(o), nil
	case query.Has("addr"):
		o, err := redis.ParseClusterURL(address)
		if err != nil {
			return nil, malformed(err)
		}
		o.ContextTimeoutEnabled, o.MaxRetries, o.DialerRetries = true, -1, 1
		return redis.NewClusterClient(o), nil
	}
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, malformed(err)
	}
	o.ContextTimeoutEnabled, o.MaxRetries, o.DialerRetries = true, -1, 1
	return redis.NewClient(o), nil
}
