import Foundation

/// Says on standard error how far it is.
func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}
