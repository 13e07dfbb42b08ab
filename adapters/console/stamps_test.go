package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kopir/gateway"
)

func TestBoardTellsTheLagOfStamping(t *testing.T) {
	late := gateway.StampLag{Unstamped: 12345, Pending: 3, Oldest: now.Add(-2 * time.Hour), Last: gateway.Batch{TokenAt: now.Add(-3 * time.Hour)}}
	for _, tt := range []struct {
		lang string
		lag  gateway.StampLag
		want []string
	}{
		{"en", late, []string{"Time stamps", "Batches without a stamp", "345", "Last stamp:", "08:20"}},
		{"ru", late, []string{"Метки времени", "Пакетов без метки"}},
		{"kk", late, []string{"Уақыт белгілері", "Белгісіз топтамалар"}},
		{"en", gateway.StampLag{}, []string{"Everything that was written is stamped.", "No time-stamping authority has stamped yet."}},
	} {
		l := sample()
		l.lag = tt.lag
		page := get(t, newConsole(l), "/console?lang="+tt.lang, http.StatusOK).Body.String()
		for _, want := range tt.want {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the board does not say %q", tt.lang, want)
			}
		}
	}
}
