// Package explain says what the words mean that the program prints: states, reasons for
// a missing owner, warnings, scopes, facts and their values, and a few things that
// people look for when a network does not do what it should.
//
// Each text fits a screen of 80 columns and names its sources. A test walks the
// registries, so that no word is without one.
package explain
