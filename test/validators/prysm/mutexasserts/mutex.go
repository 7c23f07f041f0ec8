// Package mutexasserts stands in for one that looks into the insides of Go's mutexes, which are others since Go 1.24.
// Prysm asks it only to find mistakes of its own: a lock is always said to be held.
package mutexasserts

import "sync"

// MutexLocked says that a mutex is held.
func MutexLocked(*sync.Mutex) bool { return true }

// RWMutexLocked says that a mutex is held for writing.
func RWMutexLocked(*sync.RWMutex) bool { return true }

// RWMutexRLocked says that a mutex is held for reading.
func RWMutexRLocked(*sync.RWMutex) bool { return true }

// AssertMutexLocked passes.
func AssertMutexLocked(*sync.Mutex) {}

// AssertRWMutexLocked passes.
func AssertRWMutexLocked(*sync.RWMutex) {}

// AssertRWMutexRLocked passes.
func AssertRWMutexRLocked(*sync.RWMutex) {}
