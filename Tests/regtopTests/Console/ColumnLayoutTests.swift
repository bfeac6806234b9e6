import Testing

@testable import ConsoleKit

@Suite struct ColumnLayoutTests {
    private let wishes = [
        ColumnLayout.Wish(minimum: 10, ideal: 40, priority: 0), .init(minimum: 8, ideal: 12, priority: 0),
        .init(minimum: 9, ideal: 9, priority: 1), .init(minimum: 20, ideal: nil, priority: 2, isExtra: true),
    ]

    @Test func extraColumnsNeedIdealWidthsOfAllOthers() {
        let all = 40 + 12 + 9 + 20 + 3 * ColumnLayout.gap
        #expect(ColumnLayout.places(wishes, available: all).map(\.width) == [40, 12, 9, 20])
        #expect(ColumnLayout.places(wishes, available: all - 1).map(\.index) == [0, 1, 2])
        #expect(ColumnLayout.places(wishes, available: all + 30).map(\.width) == [40, 12, 9, 50])
    }

    @Test func smallDemandsComeFirst() {
        #expect(ColumnLayout.places(wishes, available: 37).map(\.width) == [12, 12, 9])
    }

    @Test func neverExceedsTheAvailableWidth() {
        for available in 0...140 {
            let places = ColumnLayout.places(wishes, available: available)
            #expect(places.isEmpty == (available == 0))
            #expect(
                places.reduce(0) { $0 + $1.width } + ColumnLayout.gap * max(0, places.count - 1) <= available)
        }
    }
}
