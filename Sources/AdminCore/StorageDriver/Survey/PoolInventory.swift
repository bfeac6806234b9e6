/// What one look at every object of a pool has found: the directories, the files that they name, the chunks that are there. Pure facts; what
/// they mean is for others to say.
///
/// Made by `StorageReader.inventory`. Compact, since a pool has millions of objects: about 150 bytes for each, as it grows. Concurrency: a value.
struct PoolInventory<Content: Sendable>: Sendable {
    /// A key of a directory that names a file.
    struct File: Sendable {
        /// Its identifier.
        let blob: BlobIdentifier
        /// The directory it is in.
        let directory: DirectoryIndex.Number
        /// Its name, by number.
        fileprivate let name: UInt32
    }

    /// A chunk object.
    struct Chunk: Sendable {
        let blob: BlobIdentifier
        /// What chunk 0 says of the file's size; `noSize` if it says nothing, `badSize` if that cannot be.
        let size: UInt64
        let index: UInt32
        /// Bytes in the object.
        let length: UInt32
        /// When it was last written, in seconds since 1970.
        let modified: UInt32

        static var noSize: UInt64 { .max }
        static var badSize: UInt64 { .max - 1 }
    }

    /// A key, or an object, that is none of the driver's.
    struct Stray: Sendable {
        /// The object; for a key the one that has it.
        let object: ObjectID
        /// The key with its value; nil for an object.
        let entry: OmapEntry?
        /// Why it is none of the driver's.
        let reason: String
    }

    /// A directory with very many keys.
    struct LargeOmap: Sendable {
        let directory: DirectoryIndex.Number
        let keys: Int
    }

    var directories = DirectoryIndex()
    /// The files, by directory.
    private(set) var files: [File] = []
    /// The chunks, by identifier and then by number.
    private(set) var chunks: [Chunk] = []
    var strays: [Stray] = []
    /// Identifiers that stand where none should: under invalid keys, and in objects that are no directories.
    var strayReferences: Set<BlobIdentifier> = []
    var largeOmaps: [LargeOmap] = []
    /// Numbers of `files`, by identifier.
    private var byBlob: [UInt32] = []
    /// What the content of small files means, by identifier; without those where it means nothing.
    private var contents: [(blob: BlobIdentifier, content: Content)] = []
    private var names: [String] = []
    private var numbers: [String: UInt32] = [:]

    // MARK: - Asking

    func name(of file: File) -> String { names[Int(file.name)] }

    func path(of file: File) -> StoragePath {
        directories.path(file.directory).appending(.literal(name(of: file)))
    }

    /// The files in a directory.
    func files(in directory: DirectoryIndex.Number) -> ArraySlice<File> {
        let start = files.partition { $0.directory < directory }
        let end = files[start...].partition { $0.directory <= directory }
        return files[start..<end]
    }

    /// The file of this name in a directory; nil if there is none.
    func file(_ name: String, in directory: DirectoryIndex.Number) -> File? {
        guard let number = numbers[name] else { return nil }
        return files(in: directory).first { $0.name == number }
    }

    /// The file at a path; nil if there is none.
    func file(at path: StoragePath) -> File? {
        directories.find(path.parent).flatMap { file(path.name, in: $0) }
    }

    /// The chunks that are there of an identifier, by number.
    func chunks(of blob: BlobIdentifier) -> ArraySlice<Chunk> {
        let start = chunks.partition { $0.blob < blob }
        let end = chunks[start...].partition { $0.blob <= blob }
        return chunks[start..<end]
    }

    /// What the content of a small file means; nil if nothing, or if it cannot be read.
    func content(of blob: BlobIdentifier) -> Content? {
        let index = contents.partition { $0.blob < blob }
        return index < contents.count && contents[index].blob == blob ? contents[index].content : nil
    }

    /// The identifiers, each with the files that name it and with its chunks; ascending, without those that have neither.
    func forEachBlob(_ body: (_ files: [File], _ chunks: ArraySlice<Chunk>) throws -> Void) rethrows {
        var (file, chunk) = (0, 0)
        while file < byBlob.count || chunk < chunks.count {
            let named = file < byBlob.count ? files[Int(byBlob[file])].blob : nil
            let stored = chunk < chunks.count ? chunks[chunk].blob : nil
            guard let blob = [named, stored].compactMap(\.self).min() else { return }
            let firstChunk = chunk
            var own: [File] = []
            while file < byBlob.count, files[Int(byBlob[file])].blob == blob {
                own.append(files[Int(byBlob[file])])
                file += 1
            }
            while chunk < chunks.count, chunks[chunk].blob == blob { chunk += 1 }
            try body(own, chunks[firstChunk..<chunk])
        }
    }

    // MARK: - Taking in

    mutating func add(_ chunk: Chunk, _ content: Content?) {
        chunks.append(chunk)
        if let content { contents.append((chunk.blob, content)) }
    }

    mutating func add(file name: String, _ blob: BlobIdentifier, in directory: DirectoryIndex.Number) {
        let number = numbers[name] ?? UInt32(names.count)
        if number == names.count {
            names.append(name)
            numbers[name] = number
        }
        files.append(File(blob: blob, directory: directory, name: number))
    }

    /// Puts everything in order: to be called once, before anything is asked.
    mutating func settle() {
        chunks.sort { ($0.blob, $0.index) < ($1.blob, $1.index) }
        contents.sort { $0.blob < $1.blob }
        files.sort { ($0.directory, $0.name) < ($1.directory, $1.name) }
        byBlob = files.indices.map { UInt32($0) }
        byBlob.sort { [files] in files[Int($0)].blob < files[Int($1)].blob }
    }
}

extension Array {
    /// The first index from which on `isBefore` is false: the array must be partitioned by it.
    fileprivate func partition(_ isBefore: (Element) -> Bool) -> Int { self[...].partition(isBefore) }
}

extension ArraySlice {
    fileprivate func partition(_ isBefore: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
