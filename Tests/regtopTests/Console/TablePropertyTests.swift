import Testing

@testable import ConsoleKit

/// Returns the same numbers in every run, so that a failure can be reproduced.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

@Suite struct TablePropertyTests {
    private enum Step: CaseIterable {
        case sort, filter, refresh, update, move, mark, markShown, invert, markMatching, unmark, range
    }

    /// After any sequence of events, the cursor stays on its row while that is shown, marks stay on
    /// their rows while those exist, and exactly the matching rows are shown, in order.
    @Test(arguments: 0..<60)
    func cursorAndMarksKeepTheirRows(_ seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var model = (0..<Int.random(in: 0...40, using: &random)).map {
            TestRow(id: "r\($0)", size: Int64($0 * 37 % 11))
        }
        var table = testTable(model)
        var marks: Set<String> = []
        for _ in 0..<120 {
            let before = table.selected?.id
            let chosen = table.hasChosen
            let step = Step.allCases.randomElement(using: &random) ?? .move
            switch step {
            case .sort:
                table.sort(
                    by: [nil, "name", "size"].randomElement(using: &random) ?? nil, descending: .random(using: &random))
            case .filter:
                table.filter(["", "r", "1", "r1", "2 r", "size>=1000000"].randomElement(using: &random) ?? "")
            case .refresh:
                model.removeAll { _ in Int.random(in: 0..<8, using: &random) == 0 }
                model.shuffle(using: &random)
                let newcomer = TestRow(id: "n\(random.next() % 100)", size: 5)
                if !model.contains(where: { $0.id == newcomer.id }) { model.append(newcomer) }
                let unique = Set(model.map(\.id))
                marks.formIntersection(unique)
                table.replace(model)
            case .update:
                guard let index = model.indices.randomElement(using: &random) else { continue }
                model[index].size = Int64.random(in: 0...2_000_000, using: &random)
                table.update([model[index]])
                table.settle()
            case .move: table.move(by: Int.random(in: -9...9, using: &random))
            case .mark:
                table.toggleMark()
                if let id = table.selected?.id, marks.remove(id) == nil { marks.insert(id) }
            case .markShown:
                marks.formUnion(Self.shown(table))
                table.markShown()
            case .invert:
                marks.formSymmetricDifference(Self.shown(table))
                table.invertShown()
            case .markMatching:
                let matching = Self.shown(table).filter { $0.contains("1") }
                #expect(table.mark(matching: table.makeFilter("1")) == Set(matching).subtracting(marks).count)
                marks.formUnion(matching)
            case .unmark where Int.random(in: 0..<4, using: &random) == 0:
                marks = []
                table.clearMarks()
            case .unmark: break
            case .range:
                table.beginRange()
                guard table.range != nil else { continue }
                table.move(by: Int.random(in: -9...9, using: &random))
                let rows = Set((table.range ?? 0...0).compactMap { table.row(at: $0)?.id })
                // The range also ends before the rows change, with the same marks.
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    let isDropped = table.dropRange()
                    #expect(isDropped)
                case 1:
                    table.sort(by: "name", descending: .random(using: &random))
                    marks.formUnion(rows)
                case 2:
                    table.replace(model)
                    marks.formUnion(rows)
                default:
                    table.endRange()
                    marks.formUnion(rows)
                }
                #expect(table.range == nil)
            }
            let shown = Self.shown(table)
            if step != .move, step != .range, chosen, let before, shown.contains(before) {
                #expect(table.selected?.id == before)
            }
            #expect(table.marks == marks)
            #expect(Set(table.markedRows.map(\.id)) == marks)
            #expect(table.hiddenMarkCount == marks.subtracting(shown).count)
            #expect((table.selected == nil) == shown.isEmpty)
            let words = table.filter.text.split(separator: " ").filter { $0 != "size>=1000000" }
            let expected = model.filter { row in
                words.allSatisfy { row.id.contains($0) }
                    && (!table.filter.text.contains("size") || (row.size ?? 0) >= 1_000_000)
            }
            #expect(Set(shown) == Set(expected.map(\.id)) && shown.count == expected.count)
            let height = Int.random(in: 1...12, using: &random)
            table.scroll(toFit: height)
            #expect(table.count == 0 || (table.top...table.top + height - 1).contains(table.cursor))
        }
    }

    private static func shown(_ table: Table<TestRow>) -> [String] {
        (0..<table.count).compactMap { table.row(at: $0)?.id }
    }

    /// The cost of a key does not depend on the number of rows. A hundred thousand steps over as
    /// many rows, each with a drawn frame, take less time than a hundred passes over all rows.
    @Test(.timeLimit(.minutes(15))) func movesDoNotVisitEveryRow() {
        var table = testTable((0..<100_000).map { TestRow(id: "team/app-\($0)", size: Int64($0)) })
        for step in 0..<2_000 {
            table.move(by: step % 3 == 0 ? -1 : 2)
            table.scroll(toFit: 20)
            #expect(table.lines(Size(rows: 21, columns: 80)).count == 21)
        }
    }
}
