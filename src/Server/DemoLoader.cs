using Recs.Api;
using Recs.Engine;
using Recs.Engine.Events;
using Recs.Training;
using Recs.Training.Simulation;

namespace Recs.Server;

/// <summary>
/// Fills an empty data folder with the demo world and trains on it, through the recommender that serves meanwhile.
/// Restartable: items that are there do not change, and the import ledger knows which rows are in.
/// </summary>
/// <param name="recommender">Started, over <paramref name="dataFolder"/>.</param>
/// <param name="dataFolder">Where the marker and the models go.</param>
/// <param name="world">The world to make; a world already begun in the folder keeps its own seed and end.</param>
/// <param name="time">The clock.</param>
/// <param name="progress">Told of every step.</param>
internal sealed class DemoLoader(
    IRecommender recommender, string dataFolder, DemoWorldOptions world, TimeProvider time, StartupProgress progress)
{
    /// <summary>True when it made or finished a world; false when the folder has data of its own.</summary>
    public async Task<bool> RunAsync(Func<CancellationToken, Task> reloadModel, CancellationToken cancellationToken)
    {
        var marker = DemoMarker.Read(dataFolder);
        var status = await recommender.StatusAsync(cancellationToken);
        if (marker is { Done: true } || (marker is null && (status.CatalogItems > 0 || status.TotalEvents > 0)))
            return false;
        if (marker is null)
        {
            // To the second: the marker must name the same world after a restart.
            marker = new DemoMarker(world.Seed, DateTimeOffset.FromUnixTimeSeconds(world.End.ToUnixTimeSeconds()), Done: false);
            marker.Write(dataFolder);
        }

        progress.Report("making the demo world", 0);
        var made = await Task.Run(() => DemoWorld.Create(world with { Seed = marker.Seed, End = marker.End }), cancellationToken);
        foreach (var chunk in made.Items.Chunk(Limits.MaxItemsPerBatch))
            await recommender.UpsertItemsAsync(chunk, cancellationToken);
        await LoadHistoryAsync(made, marker, cancellationToken);

        await Trainer.TrainAsync(new TrainingOptions { DataDirectory = dataFolder, Seed = marker.Seed }, time,
            new Relay(step => progress.Report("training: " + step.Stage, step.Done, step.Detail)), cancellationToken);
        await reloadModel(cancellationToken);
        (marker with { Done = true }).Write(dataFolder);
        return true;
    }

    private async Task LoadHistoryAsync(DemoWorld made, DemoMarker marker, CancellationToken cancellationToken)
    {
        const string Stage = "loading a month of sessions";
        var begin = marker.End.AddDays(-world.Days);
        var row = 0L;
        var next = Task.CompletedTask;
        foreach (var batch in made.History().Chunk(Limits.MaxEventsPerBatch))
        {
            // The next batch is made while this one becomes durable.
            await next;
            next = recommender.ObserveAsync(batch, new ImportRows(marker.ImportSource, row), cancellationToken).AsTask();
            row += batch.Length;
            if (batch[^1].Timestamp is { } at)
                progress.Report(Stage, (at - begin) / (marker.End - begin), FormattableString.Invariant($"{row:N0} events"));
        }
        await next;
        progress.Report(Stage, 1, FormattableString.Invariant($"{row:N0} events"));
    }

    /// <summary>Reports where it is called: <see cref="Progress{T}"/> would queue and could report out of order.</summary>
    private sealed class Relay(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
