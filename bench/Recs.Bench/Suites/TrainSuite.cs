using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Training;
using Recs.Training.Factorization;

namespace Recs.Bench.Suites;

/// <summary>Seconds an epoch on data the size of MovieLens 1M, against the same updates written with NumPy and BLAS.</summary>
internal static class TrainSuite
{
    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var rank = arguments.Number("rank", 64, 4, 512);
        var epochs = arguments.Number("epochs", 6, 1, 100);
        var threads = arguments.Number("threads", Environment.ProcessorCount, 1, 256);
        var rounds = arguments.Number("rounds", 3, 1, 20);
        var python = arguments.Text("python", "/usr/bin/python3");
        arguments.RefuseOthers();

        var data = RatingsData.MovieLensSized(seed);
        Console.WriteLine($"data: {data.Source}; {data.Users.Length:N0} entries, {data.UserCount:N0} users, {data.ItemCount:N0} items");
        var defaults = new TrainingOptions { DataDirectory = "unused" };
        var options = new AlsOptions(
            rank, defaults.Alpha, defaults.UnobservedWeight, defaults.Lambda, defaults.RegularizationExponent)
        { Seed = seed, Threads = threads };
        (string, object)[] parameters =
            [("data", data.Source), ("entries", data.Users.Length), ("rank", rank), ("epochs", epochs), ("threads", threads), ("seed", seed)];

        using var folder = new WorkFolder("");
        var feedback = FeedbackMatrix.From(data.UserCount, data.ItemCount, data.Users, data.Items, data.Strengths);
        NumpyPeer.Write(folder.Root, data, new ImplicitAls(feedback, options).ItemFactors());

        // Rounds alternate, so that a load from elsewhere strikes both sides.
        var ours = new List<double>();
        var peers = new List<NumpyResult>();
        var loss = 0.0;
        string[] modes = ["processes", "blas"];
        for (var round = 0; round < rounds; round++)
        {
            loss = TimeOurs(feedback, options, epochs, ours);
            foreach (var mode in modes)
            {
                if (await NumpyPeer.RunAsync(python, folder.Root, data, options, epochs, mode) is { } result)
                    peers.Add(result);
            }

            // Both ways once, then the faster alone.
            if (round == 0 && peers.Count > 0)
                modes = [peers.MinBy(p => Percentile.Median(p.Seconds))!.Mode];
        }

        var epochSeconds = Percentile.Median(ours);
        report.Add("epoch", epochSeconds, "s", parameters);
        report.Add("loss", loss, "per entry", parameters);
        report.Add("peak-memory", ProcessUsage.Own().PeakResidentBytes / (double)(1 << 20), "MiB", parameters);
        if (peers.Count == 0)
        {
            Console.WriteLine($"No NumPy under {python} (Debian: apt-get install python3-numpy libopenblas0-pthread): train-epoch ratio left out.");
            return 0;
        }

        var byMode = peers.GroupBy(p => p.Mode)
            .Select(mode => (Name: mode.Key, Seconds: Percentile.Median(mode.SelectMany(p => p.Seconds)), First: mode.First(), PeakKib: mode.Max(p => p.PeakKib)))
            .OrderBy(mode => mode.Seconds).ToArray();
        foreach (var mode in byMode)
            report.Add($"numpy-epoch-{mode.Name}", mode.Seconds, "s", [.. parameters, ("numpy", mode.First.Numpy), ("blas", mode.First.Blas)]);
        var best = byMode[0];
        report.Add("numpy-loss", best.First.Losses[^1], "per entry", [.. parameters, ("relativeDifference", (best.First.Losses[^1] - loss) / loss)]);
        report.Add("numpy-peak-memory", best.PeakKib / 1024.0, "MiB", [.. parameters, ("mode", best.Name)]);
        report.Add("train-epoch ratio", best.Seconds / epochSeconds, "x",
            [.. parameters, ("peer", $"NumPy {best.First.Numpy} with {best.First.Blas}, {best.Name}")]);
        return 0;
    }

    private static double TimeOurs(FeedbackMatrix feedback, AlsOptions options, int epochs, List<double> seconds)
    {
        var als = new ImplicitAls(feedback, options);
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            var clock = Stopwatch.GetTimestamp();
            als.UserStep();
            als.ItemStep();
            seconds.Add(Stopwatch.GetElapsedTime(clock).TotalSeconds);
        }

        return als.Loss();
    }
}
