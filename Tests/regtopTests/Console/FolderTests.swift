import Synchronization
import Testing

@testable import ConsoleKit

@Suite struct FolderTests {
    /// A table in folders.
    private func table(_ names: [String], sizes: [Int64] = []) -> Table<TestRow> {
        var table = testTable(
            names.enumerated().map { TestRow(id: $1, size: sizes.isEmpty ? 1 : sizes[$0]) })
        table.columns[0].isName = true
        table.grouping = RowGrouping(
            name: { $0.id }, empty: { TestRow(id: $0, size: 0) },
            add: { $0.size = ($0.size ?? 0) + ($1.size ?? 0) })
        table.group(true)
        return table
    }

    private func text(_ table: Table<TestRow>, _ height: Int = 12) -> [String] {
        var table = table
        table.scroll(toFit: height - 1)
        let lines = table.lines(Size(rows: height, columns: 50)).dropFirst()
        return lines.map { line in
            var text = line.text
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    private let names = ["app", "app/api", "app/web/cache", "app/web/ui", "tool"]

    /// A search that opens a folder above the beginning of a range does not move that beginning.
    @Test func anOpenRangeKeepsItsBeginning() {
        var table = table(["a/x", "a/y", "b", "c"])
        table.move(to: 2)
        table.beginRange()
        let isFound = table.seek(table.makeFilter("x"), -1)
        #expect(isFound)
        table.endRange()
        #expect(table.markedRows.map(\.id) == ["a/x", "a/y", "b", "c"])
    }

    @Test func rowsOfOnePrefixAreOneRowWithSums() {
        var table = table(names, sizes: [1, 2, 4, 8, 16])
        #expect(
            text(table) == [
                ">     app                       1 B  ok",
                "    ▸ app/  3                  14 B  ok",
                "      tool                     16 B  ok",
            ])
        table.move(to: 1)
        table.turnFolder(open: true)
        table.move(to: 3)
        table.turnFolder(open: true)
        #expect(
            text(table) == [
                "      app                       1 B  ok",
                "    ▾ app/  3                  14 B  ok",
                "        app/api                 2 B  ok",
                ">     ▾ app/web/  2            12 B  ok",
                "          app/web/cache         4 B  ok",
                "          app/web/ui            8 B  ok",
                "      tool                     16 B  ok",
            ])
        // The row goes, and the cursor to the folder that had it.
        table.move(to: 5)
        table.closeFolder()
        #expect(table.folder == FolderState(path: "app/web/", count: 2, isOpen: false))
        table.closeFolder()
        #expect(table.folder == FolderState(path: "app/", count: 3, isOpen: false) && !table.isInFolder)
    }

    /// A folder has its place by its sum.
    @Test func foldersAreSortedWithTheRows() {
        var table = table(["a/x", "a/y", "b", "c/z"], sizes: [3, 4, 5, 9])
        func first() -> [String] { text(table).map { String($0.dropFirst(4).prefix { $0 != "," }.prefix(5)) } }
        table.sort(by: "size", descending: true)
        #expect(first() == ["▸ c/ ", "▸ a/ ", "  b  "])
        table.sort(by: "size", descending: false)
        #expect(first() == ["  b  ", "▸ a/ ", "▸ c/ "])
        table.sort(by: "name", descending: false)
        #expect(first() == ["▸ a/ ", "  b  ", "▸ c/ "])
        table.sort(by: nil, descending: false)
        #expect(first() == ["▸ a/ ", "  b  ", "▸ c/ "])
    }

    /// The sums are those of the rows that the filter shows, and their folders are open.
    @Test func aFilterOpensTheFoldersOfItsRows() {
        var table = table(names, sizes: [1, 2, 4, 8, 16])
        table.filter("cache")
        #expect(
            text(table) == [
                ">   ▾ app/  1                   4 B  ok",
                "      ▾ app/web/  1             4 B  ok",
                "          app/web/cache         4 B  ok",
            ])
        table.move(to: 1)
        table.turnFolder(open: false)
        #expect(text(table).count == 2)
        table.filter("")
        #expect(text(table).count == 3)
        table.filter("cache")
        #expect(text(table).count == 3, "closed for the last filter only")
    }

    /// The end of a filter keeps the cursor on its row, and so does the beginning of folders: a
    /// command would take all rows of a closed folder.
    @Test func theCursorStaysOnItsRow() {
        var table = table(names)
        table.filter("cache")
        table.move(to: 2)
        table.filter("")
        #expect(table.selected?.id == "app/web/cache")
        table.group(false)
        table.group(true)
        #expect(table.selected?.id == "app/web/cache")
        // A folder that was chosen stays chosen.
        table.closeFolder()
        table.filter("web")
        table.filter("")
        #expect(table.folder == FolderState(path: "app/web/", count: 2, isOpen: false))
    }

    /// A frame during a scan adds up a part of a large folder, and not all of it: the rows beside a
    /// changed one, and one sum for each part.
    @Test func aFrameAddsUpAPartOfALargeFolder() {
        let added = Mutex(0)
        let names = (0..<20_000).map { "big/\($0)" } + (0..<2000).map { "big/\($0)/x" }
        var table = testTable(names.map { TestRow(id: $0, size: 1) })
        table.grouping = RowGrouping(name: { $0.id }, empty: { TestRow(id: $0, size: 0) }) { sums, row in
            added.withLock { $0 += 1 }
            sums.size = (sums.size ?? 0) + (row.size ?? 0)
        }
        table.group(true)
        table.scroll(toFit: 20)
        #expect(table.folders?.folders[0].sums?.size == 22_000)
        var expected: Int64 = 22_000
        for name in ["big/0", "big/19999", "big/777", "big/1234/x", "big/1999/x"] {
            added.withLock { $0 = 0 }
            table.update([TestRow(id: name, size: 100)])
            table.scroll(toFit: 20)
            expected += 99
            #expect(table.folders?.folders[0].sums?.size == expected, "\(name)")
            #expect(added.withLock(\.self) < 500, "\(name)")
        }
    }

    /// New values of rows reach the sums, without a sort.
    @Test func sumsFollowTheRows() {
        var table = table(names)
        table.update([TestRow(id: "app/web/ui", size: 100)])
        #expect(text(table)[1] == "    ▸ app/  3                 102 B  ok")
    }

    @Test func aMarkedFolderMarksItsShownRows() {
        var table = table(names)
        table.move(to: 1)
        table.toggleMark()
        #expect(table.marks == ["app/api", "app/web/cache", "app/web/ui"])
        #expect(text(table)[1].hasPrefix("> * ▸ app/"))
        table.toggleMark()
        #expect(table.marks.isEmpty)
        table.filter("web")
        table.move(to: 0)
        table.toggleMark()
        #expect(table.marks == ["app/web/cache", "app/web/ui"])
        table.filter("")
        #expect(table.hiddenMarkCount == 0 && text(table)[1].contains("+ ▸ app/"))
        // What has no mark yet gets one.
        table.toggleMark()
        #expect(table.marks.count == 3)
    }

    /// A range takes all rows of a closed folder, and of an open one only those in the range.
    @Test func rangesTakeClosedFoldersWhole() {
        var table = table(names)
        table.move(to: 1)
        table.beginRange()
        table.move(by: 1)
        #expect(table.rangeCount == 4)
        table.endRange()
        #expect(table.marks == ["app/api", "app/web/cache", "app/web/ui", "tool"])
        table.clearMarks()
        table.move(to: 1)
        table.turnFolder(open: true)
        table.beginRange()
        table.move(by: 1)
        #expect(table.rangeCount == 1)
        table.endRange()
        #expect(table.marks == ["app/api"])
    }

    @Test func aSearchOpensTheFoldersOnItsWay() {
        var table = table(names)
        let filter = table.makeFilter("cache")
        for step in [1, -1] {
            let isFound = table.seek(filter, step)
            #expect(isFound && table.selected?.id == "app/web/cache", "it is the only one")
        }
    }

    /// Whatever happens, no folder is a row, the cursor stays on its row or on a folder around it,
    /// marks stay on their rows, and sums and counts are those of the shown rows.
    @Test(arguments: 0..<60) func foldersKeepTheirPromises(_ seed: UInt64) {
        var random = SeededGenerator(state: seed)
        func name() -> String {
            (0..<Int.random(in: 1...4, using: &random)).map { _ in
                "abc".randomElement(using: &random).map(String.init) ?? ""
            }
            .joined(separator: "/")
        }
        var model = Set((0..<30).map { _ in name() }).map { TestRow(id: $0, size: Int64($0.utf8.count)) }
        var table = table([])
        table.replace(model)
        var marks: Set<String> = []
        for _ in 0..<80 {
            let before = table.hasChosen ? table.selected?.id : nil
            var staysOnRow = false
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                table.sort(
                    by: [nil, "name", "size"].randomElement(using: &random) ?? nil, descending: .random(using: &random))
            case 1:
                table.filter(["", "a", "b/", "a c"].randomElement(using: &random) ?? "")
                staysOnRow = true
            case 2:
                model.removeAll { _ in Int.random(in: 0..<8, using: &random) == 0 }
                let new = name()
                if !model.contains(where: { $0.id == new }) { model.append(TestRow(id: new, size: 7)) }
                model.shuffle(using: &random)
                marks.formIntersection(model.map(\.id))
                table.replace(model)
            case 3:
                guard let index = model.indices.randomElement(using: &random) else { continue }
                model[index].size = Int64.random(in: 0...99, using: &random)
                table.update([model[index]])
                if .random(using: &random) { table.settle() }
            case 4: table.turnFolder(open: .random(using: &random))
            case 5: table.closeFolder()
            case 6:
                let rows = table.selected.map { [$0.id] } ?? table.folderRows.map(\.id)
                if marks.isSuperset(of: rows) { marks.subtract(rows) } else { marks.formUnion(rows) }
                table.toggleMark()
            case 7:
                table.group(.random(using: &random))
                staysOnRow = true
            default:
                table.move(by: Int.random(in: -9...9, using: &random))
                continue
            }
            table.scroll(toFit: 40)
            if let before, let now = table.selected?.id ?? table.folder?.path,
                table.shown.contains(where: { table.rows[$0].id == before })
            {
                #expect(now == before || !staysOnRow && before.hasPrefix(now) && now.hasSuffix("/"))
            }
            #expect(table.marks == marks && Set(table.markedRows.map(\.id)) == marks)
            let shown = Set(table.shown.map { table.rows[$0].id })
            #expect(table.hiddenMarkCount == marks.subtracting(shown).count)
            for entry in table.order where entry < 0 {
                guard let folder = table.folders?.folders[~entry] else { continue }
                let inside = shown.filter { $0.hasPrefix(folder.path) }
                #expect(folder.count == inside.count && folder.count > 0)
                #expect(folder.marked == inside.intersection(marks).count)
                #expect(folder.sums?.size == model.filter { inside.contains($0.id) }.reduce(0) { $0 + ($1.size ?? 0) })
            }
            #expect(Set(table.order).count == table.order.count)
        }
    }
}
