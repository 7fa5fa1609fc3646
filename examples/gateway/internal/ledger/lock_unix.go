//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package ledger

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// ending is how long a process that is about to end may keep its ledger.
const ending = 2 * time.Second

// hold locks the ledger kept at path for this process, as long as it lives or until the
// file is closed. The file of the budget itself is no place for the lock: a reset puts
// another one there. An AtomBudget whose file is taken over notices and stays safe, but
// then refuses all new names: two gateways must not come to that by a mistake.
func hold(path string) (*os.File, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(ending); ; time.Sleep(ending / 40) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(end) {
			break
		}
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%s is in use by another gateway, or by another ledger of this one", path)
	}
	return nil, fmt.Errorf("%s.lock: %w", path, err)
}
