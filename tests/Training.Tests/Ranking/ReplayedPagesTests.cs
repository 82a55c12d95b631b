using Recs.Training.Tests.Data;

namespace Recs.Training.Tests.Ranking;

/// <summary>How many pages a ranker learns from.</summary>
public sealed class ReplayedPagesTests
{
    private const int Users = 300, Fillers = 20_500;

    private static readonly DateTimeOffset Start = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Where_few_answers_of_a_large_catalogue_are_found_more_pages_are_played()
    {
        // At 20,503 items 500 pages are played first. One click in nine can be foreseen: some 55 of 500, 44 before the hold-out.
        using var folder = new DataFolderBuilder();
        await folder.AddItemsAsync([.. Enumerable.Range(0, Fillers).Select(i => new Item { Id = $"filler-{i}" }), .. Enumerable.Range(0, 3).Select(i => new Item { Id = $"hot-{i}" })], Start);
        await folder.AddEventsAsync(Events());

        var manifest = await Trainer.TrainAsync(new TrainingOptions { DataDirectory = folder.Root, Rank = 4, Epochs = 1, LinearItems = 0 }, TimeProvider.System);

        Assert.Null(manifest.Note);
        // 100 of 500 are held out.
        Assert.InRange(manifest.Metrics["pages"], 200, 400);
        Assert.InRange(manifest.Metrics["candidates.recall"], 0.05, 0.2);
    }

    private static IEnumerable<Interaction> Events()
    {
        var random = new Random(5);
        var at = Start;
        for (var round = 0; round < 45; round++)
        {
            for (var user = 0; user < Users; user++)
            {
                var item = round >= 36 && (round + user) % 9 == 0 ? $"hot-{random.Next(3)}" : $"filler-{random.Next(Fillers)}";
                at += TimeSpan.FromMinutes(1);
                yield return new Interaction { UserId = $"u{user}", ItemId = item, Type = InteractionType.Click, Timestamp = at };
            }
        }
    }
}
