using System.Globalization;
using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Training.Ranking;

namespace Recs.Bench.Suites;

/// <summary>
/// CPU of pages made in this process, without HTTP, by one caller and by several: rounds over the same users in the same
/// order, so that two builds that take turns can be compared by their medians and by their quickest rounds.
/// </summary>
internal static class PageDirectSuite
{
    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var catalogues = arguments.Numbers("items", "100000");
        var users = arguments.Number("users", 2_000, 10, 1_000_000);
        var days = arguments.Number("days", 30, 1, 365);
        var epochs = arguments.Number("epochs", 6, 1, 100);
        var ranker = arguments.OneOf("ranker", RankerKind.Logistic);
        var rounds = arguments.Number("rounds", 15, 1, 10_000);
        var pages = arguments.Number("pages", 500, 10, 100_000);
        var callers = arguments.Numbers("callers", "1,4");
        var pageSize = arguments.Number("page-size", 20, 1, Limits.MaxPageSize);
        var turns = arguments.Number("turns", 0, 0, 1) == 1;
        using var work = new WorkFolder(arguments.Text("work", ""));
        arguments.RefuseOthers();

        foreach (var items in catalogues)
        {
            var world = await PreparedWorld.MakeAsync(work.Of($"world-{items}-{users}"), items, users, days, epochs, seed, ranker);
            await using var recommender = await PreparedWorld.OpenAsync(world.Folder);
            foreach (var caller in callers)
            {
                var (collections, pauses) = (GC.CollectionCount(0), GC.GetTotalPauseDuration());
                // The first rounds compile the code.
                var taken = new List<(double Cpu, double Wall, double Kilobytes)>(rounds);
                for (var round = -3; round < rounds; round++)
                {
                    // A line of input for every round, so that a script can give two builds their turns.
                    if (turns && round >= 0 && Console.ReadLine() is null)
                        break;
                    var took = await RoundAsync(recommender, world.Users, pages, caller, pageSize, new Random(seed));
                    if (round >= 0)
                        taken.Add(took);
                    if (turns && round >= 0)
                        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {took.Cpu:0.0000} {took.Wall:0.0000}"));
                    if (turns && round == -1)
                        Console.WriteLine("ready");
                }

                (string, object)[] about = [("items", items), ("users", world.Users.Count), ("callers", caller), ("rounds", rounds), ("pages", pages), ("pageSize", pageSize), ("seed", seed)];
                Add("page-cpu", taken.ConvertAll(static t => t.Cpu), about);
                Add("page-wall", taken.ConvertAll(static t => t.Wall), about);
                report.Add("page-allocated", taken.Average(static t => t.Kilobytes), "kB/page", about);
                report.Add("collections", GC.CollectionCount(0) - collections, "", about);
                report.Add("collection-pause", (GC.GetTotalPauseDuration() - pauses).TotalMilliseconds / Math.Max(1, GC.CollectionCount(0) - collections), "ms each", about);
            }
        }

        return 0;

        void Add(string name, List<double> values, (string, object)[] about)
        {
            values.Sort();
            report.Add($"{name}-median", values[values.Count / 2], "ms/page", about);
            report.Add($"{name}-least", values[0], "ms/page", about);
        }
    }

    private static async Task<(double Cpu, double Wall, double Kilobytes)> RoundAsync(
        EmbeddedRecommender recommender, IReadOnlyList<string> users, int pages, int callers, int pageSize, Random random)
    {
        var asked = Enumerable.Range(0, pages).Select(_ => users[random.Next(users.Count)]).ToArray();
        using var process = Process.GetCurrentProcess();
        var (cpu, clock, allocated) = (process.TotalProcessorTime, Stopwatch.GetTimestamp(), GC.GetTotalAllocatedBytes(precise: true));
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (var n = caller; n < asked.Length; n += callers)
                await recommender.RecommendAsync(new PageRequest { UserId = asked[n], Count = pageSize, Deadline = TimeSpan.FromSeconds(5) });
        })));
        var wall = Stopwatch.GetElapsedTime(clock);
        process.Refresh();
        return (
            (process.TotalProcessorTime - cpu).TotalMilliseconds / pages,
            wall.TotalMilliseconds / pages,
            (GC.GetTotalAllocatedBytes(precise: true) - allocated) / 1e3 / pages);
    }
}
