package population

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	RunHelper()
	if Inside() {
		if err := Enter(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}
