/// What is none of the driver's.
extension FsckRun {
    func lookAtStrays() async throws {
        // A directory that is called `..` has a key and an object: the key says it.
        let keys = Set(
            inventory.strays.compactMap { stray in
                stray.entry.map { stray.object.name.bytes + (stray.object.name == "/" ? [] : [0x2f]) + $0.key.bytes }
            })
        let strays = inventory.strays.filter { $0.entry != nil || !keys.contains($0.object.name.bytes) }
        try await confirm(strays, "what is not the registry's") { [storage] stray in
            guard let entry = stray.entry else {
                guard try await storage.objects.read(.stat, of: stray.object) != nil else { return nil }
                let breaksRule = stray.object.namespace.isEmpty && stray.object.name.bytes.first == UInt8(ascii: "/")
                return Problem(
                    kind: .foreignObject, severity: .info, object: stray.object,
                    detail: "The object is not the registry's: \(stray.reason). It is left alone"
                        + (breaksRule ? ", and what it may refer to as well." : "."))
            }
            let present = try await storage.objects.read(ReadOperation(omap: .keys([entry.key])), of: stray.object)
            guard present?.omap.first?.value == entry.value else { return nil }
            return Problem(
                kind: .badName, severity: .error,
                path: stray.object.name.string.flatMap { try? StoragePath($0) }, object: stray.object,
                detail:
                    "The directory has an entry \(ByteString(bytes: entry.key.bytes.prefix(200))) that is never followed: \(stray.reason). "
                    + "An old registry that deletes what is around it may follow it and delete far more.",
                repair: .removeKey(stray.object, key: entry.key, value: entry.value))
        }
    }
}
