extension ObjectReader {
    /// The whole omap of an object, as one version of it had it; nil if the object does not exist.
    ///
    /// A listing of more than one page is not atomic by itself: the version is compared over the pages, and the listing begins
    /// again where somebody wrote in between, a few times; then `StoreError` of kind `.busy`. The answer carries the state of the
    /// last page with all entries in it. A key that holds a zero byte cannot be paged past on RADOS: `.invalid`.
    ///
    /// `atMost`: how many keys are taken before the listing is refused as `.invalid` (memory is bounded by the caller).
    public func wholeOmap(of object: ObjectID, atMost limit: Int = 10_000_000) async throws -> ObjectState? {
        for _ in 0..<8 {
            var entries: [OmapEntry] = []
            var version: UInt64?
            while true {
                let page = ReadOperation(omap: .page(after: entries.last?.key, limit: ReadOperation.largestPage))
                guard let state = try await read(page, of: object) else {
                    // Gone between two pages: the next round says so from its first page.
                    if version == nil { return nil }
                    break
                }
                if let version, state.version != version { break }
                version = state.version
                entries += state.omap
                if entries.count > limit {
                    throw StoreError(
                        .invalid, operation: "list keys", object: object, reason: "it has more than \(limit) keys")
                }
                if !state.hasMore {
                    return ObjectState(
                        version: state.version, size: state.size, modified: state.modified, omap: entries)
                }
                if state.omap.isEmpty || (state.omap.last?.key.bytes.contains(0) ?? false) {
                    throw StoreError(
                        .invalid, operation: "list keys", object: object,
                        reason: "a key with a zero byte stands in the way of the keys behind it")
                }
            }
        }
        throw StoreError(
            .busy, operation: "list keys", object: object, reason: "it was changed again and again during the listing")
    }
}
