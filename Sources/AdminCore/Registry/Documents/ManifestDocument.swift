import ObjectStore

/// A manifest's JSON as Go decodes it into the structures of docker/distribution
/// (`manifest/schema1`, `schema2`, `manifestlist`) and of the OCI image specification.
///
/// As in Go, keys match without regard to case, and the last of several equal keys counts: an
/// object is decoded into the remains of the first one, and so is each element of an array. Only
/// sizes are more lenient, because they are hints.
struct ManifestDocument {
    struct Descriptor {
        var digest: String?
        var size: Size?
        var mediaType: String?
        var artifactType: String?
        var platform: Platform?
        var urls = GoSlice<String>()
        var annotations: [String: String] = [:]
    }

    struct Platform {
        var os: String?
        var architecture: String?
        var variant: String?
        var osVersion: String?
        var osFeatures = GoSlice<String>()
    }

    /// A size as written in the document.
    enum Size {
        case bytes(UInt64)
        /// A value that is no number of bytes: its text, or a description of it.
        case nonsense(String)
    }

    private(set) var schemaVersion: Int?
    private(set) var mediaType: String?
    private(set) var artifactType: String?
    private(set) var config: Descriptor?
    private(set) var layers: GoSlice<Descriptor>?
    private(set) var manifests: GoSlice<Descriptor>?
    private(set) var subject: Descriptor?
    private(set) var fsLayers: GoSlice<Descriptor>?
    private(set) var history: GoSlice<String>?
    private(set) var architecture: String?

    /// The reasons why readers may disagree on the document, each as the end of a sentence that
    /// begins with the document's name.
    private(set) var ambiguities: [String] = []
    /// The places of values whose type Go refuses, by the outermost field.
    private(set) var wrong: [String: String] = [:]

    private var tokens: JSONTokens

    /// Every digest that any reader could take for a reference.
    var references: [Digest] { tokens.references }

    /// Reads a document.
    ///
    /// - Throws: `ManifestProblem`, with the references that were found before, if the bytes are no
    ///   JSON object.
    init(_ bytes: [UInt8]) throws {
        let (body, padding) = ManifestDocument.trimmed(bytes)
        tokens = JSONTokens(body)
        if let padding { ambiguities.append("\(padding), which the registry refuses") }
        do {
            try read()
        } catch let problem as ManifestProblem {
            throw ManifestProblem(problem.text, references: tokens.references)
        }
    }

    /// The document without the padding of other writers (a byte order mark, NUL bytes), and a note
    /// about that.
    private static func trimmed(_ bytes: [UInt8]) -> (body: ArraySlice<UInt8>, padding: String?) {
        var body = bytes[...]
        var padding: String?
        while body.last == 0 {
            body = body.dropLast()
            padding = "is padded with NUL bytes"
        }
        while body.first == 0 {
            body = body.dropFirst()
            padding = "is padded with NUL bytes"
        }
        if body.starts(with: [0xef, 0xbb, 0xbf]) {
            body = body.dropFirst(3)
            padding = "begins with a byte order mark"
        }
        return (body, padding)
    }

    // MARK: - The document

    private enum Field: String, DocumentField {
        case schemaVersion, mediaType, artifactType, config, layers, manifests, subject, fsLayers, history, architecture
        static let names = table()
    }

    private mutating func read() throws {
        guard case .beginObject = try tokens.next() else {
            throw ManifestProblem("has a wrong value in its outermost part")
        }
        try members(of: "", Field.self) { document, field, place in
            switch field {
            case .schemaVersion: document.schemaVersion = try document.integer(place) ?? document.schemaVersion
            case .mediaType: document.mediaType = try document.string(place) ?? document.mediaType
            case .artifactType: document.artifactType = try document.string(place) ?? document.artifactType
            case .architecture: document.architecture = try document.string(place) ?? document.architecture
            case .config: document.config = try document.descriptor(place, document.config) ?? document.config
            case .subject: document.subject = try document.descriptor(place, document.subject)
            case .layers: document.layers = try document.slice(place, document.layers) { try $0.descriptor(place, $1) }
            case .manifests:
                document.manifests = try document.slice(place, document.manifests) { try $0.descriptor(place, $1) }
            case .fsLayers:
                document.fsLayers = try document.slice(place, document.fsLayers) { try $0.blobSum(place, $1) }
            case .history:
                document.history = try document.slice(place, document.history) { try $0.compatibility(place, $1) }
            }
        }
        guard case .end = try tokens.next() else { throw ManifestProblem.noJSON }
    }

    private enum DescriptorField: String, DocumentField {
        case digest, size, mediaType, artifactType, platform, urls, annotations
        static let names = table()
    }

    private mutating func descriptor(_ place: String, _ old: Descriptor?) throws -> Descriptor? {
        guard try begins(place) else { return nil }
        var descriptor = old ?? Descriptor()
        try members(of: place, DescriptorField.self) { document, field, place in
            switch field {
            case .digest: descriptor.digest = try document.string(place) ?? descriptor.digest
            case .size: try document.size(into: &descriptor.size)
            case .mediaType: descriptor.mediaType = try document.string(place) ?? descriptor.mediaType
            case .artifactType: descriptor.artifactType = try document.string(nil) ?? descriptor.artifactType
            case .platform: descriptor.platform = try document.platform(descriptor.platform)
            case .urls: descriptor.urls = try document.strings(descriptor.urls)
            case .annotations: try document.texts(into: &descriptor.annotations)
            }
        }
        return descriptor
    }

    private enum PlatformField: String, DocumentField {
        case os, architecture, variant
        case osVersion = "os.version"
        case osFeatures = "os.features"
        static let names = table()
    }

    private mutating func platform(_ old: Platform?) throws -> Platform? {
        guard try begins(nil) else { return nil }
        var platform = old ?? Platform()
        try members(of: "platform", PlatformField.self) { document, field, _ in
            switch field {
            case .os: platform.os = try document.string(nil) ?? platform.os
            case .architecture: platform.architecture = try document.string(nil) ?? platform.architecture
            case .variant: platform.variant = try document.string(nil) ?? platform.variant
            case .osVersion: platform.osVersion = try document.string(nil) ?? platform.osVersion
            case .osFeatures: platform.osFeatures = try document.strings(platform.osFeatures)
            }
        }
        return platform
    }

    private enum LayerField: String, DocumentField {
        case blobSum
        static let names = table()
    }

    private mutating func blobSum(_ place: String, _ old: Descriptor?) throws -> Descriptor? {
        guard try begins(place) else { return nil }
        var layer = old ?? Descriptor()
        try members(of: place, LayerField.self) { document, _, place in
            layer.digest = try document.string(place) ?? layer.digest
        }
        return layer
    }

    private enum HistoryField: String, DocumentField {
        case v1Compatibility
        static let names = table()
    }

    /// Only a date and a platform depend on the history, so any value is accepted in it.
    private mutating func compatibility(_ place: String, _ old: String?) throws -> String? {
        guard try begins(nil) else { return old ?? "" }
        var text = old
        try members(of: place, HistoryField.self) { document, _, _ in text = try document.string(nil) ?? text }
        return text ?? ""
    }

    // MARK: - How Go decodes

    /// Reads the members of an object that has begun. `body` reads exactly one value, of a known
    /// field; other values are skipped.
    private mutating func members<Field: DocumentField>(
        of place: String, _: Field.Type, _ body: (inout ManifestDocument, Field, String) throws -> Void
    ) throws {
        var met: Set<Field> = []
        while case .key(let key) = try tokens.next() {
            guard let field = Field.names[key.folded] else {
                try skip()
                continue
            }
            let inner = place.isEmpty ? field.rawValue : "\(place).\(field.rawValue)"
            if key.text != field.rawValue { note("spells the key “\(inner)” differently") }
            if !met.insert(field).inserted { note("has the key “\(inner)” twice") }
            try body(&self, field, inner)
        }
    }

    private mutating func note(_ sentence: String) {
        if !ambiguities.contains(sentence) { ambiguities.append(sentence) }
    }

    /// True if a value is an object, which has begun then. Other values are skipped: null has no
    /// meaning, other types are wrong.
    private mutating func begins(_ place: String?) throws -> Bool {
        let token = try tokens.next()
        switch token {
        case .beginObject: return true
        case .null: return false
        default:
            try refuse(token, place)
            return false
        }
    }

    /// Skips a value of a type that Go refuses. `place` is nil for fields that the registry does
    /// not read.
    private mutating func refuse(_ token: JSONTokens.Token, _ place: String?) throws {
        try tokens.skip(token)
        guard let place else { return }
        let field = place.split(separator: "." as Character).first.map(String.init) ?? place
        if wrong[field] == nil { wrong[field] = place }
    }

    private mutating func skip() throws { try tokens.skip(tokens.next()) }

    /// Reads a string; nil if the value is null, or of a wrong type.
    private mutating func string(_ place: String?) throws -> String? {
        switch try tokens.next() {
        case .string(let text): return text
        case .null: break
        case let token: try refuse(token, place)
        }
        return nil
    }

    private mutating func integer(_ place: String) throws -> Int? {
        switch try tokens.next() {
        case .number(let text):
            if let number = Int(text) { return number }
            wrong[place] = place
        case .null: break
        case let token: try refuse(token, place)
        }
        return nil
    }

    private mutating func size(into value: inout Size?) throws {
        switch try tokens.next() {
        case .number(let text): value = UInt64(text).map(Size.bytes) ?? .nonsense(String(text.prefix(40)))
        case .string(let text): value = .nonsense("“\(ByteString(text.prefix(40)))”")
        case .null: break
        case let token:
            try tokens.skip(token)
            value = .nonsense("something that is no number")
        }
    }

    /// Reads an array into the remains of an earlier one. `body` reads one element into the remains
    /// at its index.
    private mutating func slice<Element>(
        _ place: String?, _ old: GoSlice<Element>?, _ body: (inout ManifestDocument, Element?) throws -> Element?
    ) throws -> GoSlice<Element>? {
        var slice = old ?? GoSlice<Element>()
        let token = try tokens.next()
        switch token {
        case .beginArray: break
        case .null: return nil
        default:
            try refuse(token, place)
            return old
        }
        var count = 0
        while !tokens.closesArray() {
            let left = slice.left(at: count)
            // A null leaves the element as it was.
            slice.put(try body(&self, left) ?? left, at: count)
            count += 1
        }
        _ = try tokens.next()
        slice.end(after: count)
        return slice
    }

    private mutating func strings(_ old: GoSlice<String>) throws -> GoSlice<String> {
        try slice(nil, old) { document, left in
            try document.string(nil) ?? left ?? ""
        } ?? GoSlice()
    }

    /// Reads a map of texts, as far as the console shows it.
    private mutating func texts(into values: inout [String: String]) throws {
        guard try begins(nil) else { return }
        while case .key(let key) = try tokens.next() {
            let text = try string(nil)
            guard let text, key.text.utf8.count <= 256, text.utf8.count <= 1024 else { continue }
            if values.count < ManifestDocument.annotationLimit || values[key.text] != nil { values[key.text] = text }
        }
    }

    /// The number of annotations of a descriptor that are kept.
    private static let annotationLimit = 32
}

/// The fields of an object that are read.
private protocol DocumentField: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// The fields by their names, folded as keys are.
    static var names: [String: Self] { get }
}

extension DocumentField {
    fileprivate static func table() -> [String: Self] {
        Dictionary(uniqueKeysWithValues: allCases.map { (JSONKey($0.rawValue).folded, $0) })
    }
}

/// A slice as Go decodes arrays into it: a second array is decoded into the elements of the first
/// one, also into those after the end of a shorter one.
struct GoSlice<Element> {
    private var storage: [Element?] = []
    private var count = 0

    var elements: [Element?] { Array(storage.prefix(count)) }

    /// The element at an index, if there is one already.
    func left(at index: Int) -> Element? { index < storage.count ? storage[index] : nil }

    mutating func put(_ element: Element?, at index: Int) {
        if index < storage.count { storage[index] = element } else { storage.append(element) }
    }

    mutating func end(after count: Int) { self.count = count }
}
