/// Why a document is no manifest, as the end of a sentence that begins with the manifest's name.
struct ManifestProblem: Error, Hashable, Sendable {
    let text: String
    /// Every digest in it that any reader could take for a reference, as far as it could be read.
    let references: [Digest]

    init(_ text: String, references: [Digest] = []) {
        self.text = text
        self.references = references
    }

    static let noJSON = ManifestProblem("is not JSON")
    static let tooLarge = ManifestProblem("is larger than a manifest may be")
}
