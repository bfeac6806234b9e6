@testable import ObjectStore
import Testing

extension ConformanceCase {
    private static func fill(_ store: StoreUnderTest, count: Int, namespace: String) async throws -> Set<ObjectID> {
        let objects = (0..<count).map { ObjectID(ByteString("/object-\($0)"), namespace: namespace) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for object in objects {
                group.addTask { try await store.set(object, [.create]) }
            }
            try await group.waitForAll()
        }
        return Set(objects)
    }

    static let enumeration: [ConformanceCase] = [
        ConformanceCase("an empty store has no objects") { store async throws in
            for slices in [1, 8] {
                #expect(try await store.objects(slices: slices).isEmpty)
                #expect(try await store.objects(.namespace("x"), slices: slices).isEmpty)
            }
        },
        ConformanceCase("every object of every namespace once") { store in
            let here = try await fill(store, count: 300, namespace: "")
            let there = try await fill(store, count: 50, namespace: "regtop")
            let elsewhere = try await fill(store, count: 7, namespace: "z")
            let all = try await store.objects()
            #expect(all.count == 357 && Set(all) == here.union(there).union(elsewhere))
        },
        ConformanceCase("the objects of one namespace") { store in
            let here = try await fill(store, count: 20, namespace: "")
            let there = try await fill(store, count: 30, namespace: "regtop")
            #expect(Set(try await store.objects(.namespace(""))) == here)
            #expect(Set(try await store.objects(.namespace("regtop"))) == there)
            #expect(try await store.objects(.namespace("regto")).isEmpty)
        },
        ConformanceCase("slices cover everything once") { store in
            let all = try await fill(store, count: 1500, namespace: "").union(fill(store, count: 10, namespace: "n"))
            for slices in [1, 2, 3, 7, 64] {
                let found = try await store.objects(slices: slices)
                #expect(found.count == 1510 && Set(found) == all, "\(slices) slices")
            }
            let here = try await store.objects(.namespace(""), slices: 5)
            #expect(here.count == 1500 && Set(here).count == 1500)
        },
        ConformanceCase("more slices than objects") { store in
            let all = try await fill(store, count: 3, namespace: "")
            let found = try await store.objects(slices: 50)
            #expect(found.count == 3 && Set(found) == all)
        },
        ConformanceCase("slices can be followed in parallel") { store in
            let all = try await fill(store, count: 1000, namespace: "")
            let cursors = try await store.reader.enumerate(.all, slices: 4)
            let found = try await withThrowingTaskGroup(of: [ObjectID].self) { group in
                for cursor in cursors {
                    group.addTask {
                        var objects: [ObjectID] = []
                        while let page = try await cursor.next() { objects += page }
                        return objects
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(found.count == 1000 && Set(found) == all)
        },
        ConformanceCase("removed objects are not listed") { store in
            let all = try await fill(store, count: 10, namespace: "")
            for object in all.sorted().prefix(4) { try await store.set(object, [.remove]) }
            #expect(Set(try await store.objects()) == Set(all.sorted().dropFirst(4)))
        },
        ConformanceCase("a listing goes on while objects come and go") { store in
            let all = try await fill(store, count: 1200, namespace: "")
            let cursors = try await store.reader.enumerate(.all, slices: 2)
            let stay = Set(all.sorted().dropFirst(100))
            var found: [ObjectID] = []
            for (index, cursor) in cursors.enumerated() {
                while let page = try await cursor.next() { found += page }
                if index == 0 {
                    for object in all.sorted().prefix(100) { try await store.set(object, [.remove]) }
                    _ = try await fill(store, count: 20, namespace: "new")
                }
            }
            #expect(Set(found).count == found.count)
            #expect(Set(found).isSuperset(of: stay))
        },
        ConformanceCase("no slices are invalid") { store in
            await #expect(throws: StoreError.self) { try await store.reader.enumerate(.all, slices: 0) }
        },
    ]
}
