using System.Text.Json;
using Recs.Engine.Embedded;
using Recs.Engine.Retrieval.Vectors;
using Recs.Engine.Storage;
using Recs.Grains.Hosting;
using Recs.Grains.Storage;

namespace Recs.Grains.Silo;

/// <summary>What every silo of a cluster must agree on, because stored data depends on it: "cluster.json" in the artifact store.</summary>
internal static class ClusterLayout
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5);

    /// <summary>Writes it for a new cluster; refuses a silo whose options differ, or a folder of the one-process host.</summary>
    /// <exception cref="RecommenderException">Conflict, with both values.</exception>
    public static void Check(RecommenderClusterOptions options)
    {
        var root = options.ArtifactDirectory;
        Directory.CreateDirectory(root);
        DataFolder.CheckFormat(root);
        RefuseOneProcess(root);
        var file = Path.Combine(root, DataFolder.ClusterName);
        if (!File.Exists(file))
            Create(file, root, options);
        var kept = JsonSerializer.Deserialize<Layout>(File.ReadAllBytes(file), JsonSerializerOptions.Web)!;
        if (kept.LogPartitions != options.LogPartitions)
        {
            throw new RecommenderException(
                RefusalKind.Conflict, $"The cluster has {kept.LogPartitions} log partitions, this silo is set to {options.LogPartitions}. They are fixed when the cluster is made.")
            {
                Field = "logPartitions",
                Legal = kept.LogPartitions.ToString(System.Globalization.CultureInfo.InvariantCulture),
            };
        }

        // Each silo draws by a seed of its own; what is made beside the cluster draws by the default.
        KeepPages(root, PageSettings.Of(options, options.Sessions) with { Seed = new PageSettings().Seed });
    }

    // Silos may differ while their settings are changed one by one: what is trained goes by the one that started last.
    private static void KeepPages(string root, PageSettings settings)
    {
        if (!SpinWait.SpinUntil(Kept, LockPatience))
            throw new RecommenderException(RefusalKind.Overloaded, $"'{DataFolder.Pages(root)}' is being written by other silos for longer than {LockPatience}.");

        bool Kept()
        {
            if (settings.AreIn(root))
                return true;
            try
            {
                using var held = FolderLock.Take(root, "layout");
                settings.Write(root);
                return true;
            }
            catch (RecommenderException refusal) when (refusal.Kind == RefusalKind.Overloaded)
            {
                return false;
            }
        }
    }

    /// <summary>The spaces of the cluster with those that this silo declares; silos take turns at it.</summary>
    /// <exception cref="RecommenderException">
    /// Conflict: a space is there with another dimension or metric, or it is the folder of a one-process host. Overloaded:
    /// another silo does not let go of it.
    /// </exception>
    public static IReadOnlyList<VectorSpace> DeclareSpaces(RecommenderClusterOptions options)
    {
        var root = options.ArtifactDirectory;
        RefuseOneProcess(root);
        IReadOnlyList<VectorSpace>? all = null;
        SpinWait.SpinUntil(() => (all = TryDeclare(root, options.Spaces)) is not null, LockPatience);
        return all ?? throw new RecommenderException(RefusalKind.Overloaded, $"The spaces of '{root}' are still being declared by another silo.");
    }

    // Most silos declare what is there already: nothing to write, and nobody to wait for.
    private static IReadOnlyList<VectorSpace>? TryDeclare(string root, IReadOnlyList<VectorSpace> spaces)
    {
        if (SpaceFile.Read(root) is var there && spaces.All(there.Contains))
            return there;
        FolderLock held;
        try
        {
            held = FolderLock.Take(root, "spaces");
        }
        catch (RecommenderException)
        {
            return null;
        }

        using (held)
            return SpaceFile.Declare(root, spaces);
    }

    private static void RefuseOneProcess(string root)
    {
        if (Directory.Exists(DataFolder.Sessions(root)))
        {
            throw new RecommenderException(
                RefusalKind.Conflict, $"'{Path.GetFullPath(root)}' is the data folder of a one-process server: its users are in its session store. Import its events into a new cluster.");
        }
    }

    private static void Create(string file, string root, RecommenderClusterOptions options)
    {
        try
        {
            using var held = FolderLock.Take(root, "layout");
            if (!File.Exists(file))
                DiskFiles.Instance.Replace(file, JsonSerializer.SerializeToUtf8Bytes(new Layout(options.LogPartitions), JsonSerializerOptions.Web));
        }
        catch (RecommenderException) when (WaitFor(file))
        {
            // Another silo has just written it.
        }
    }

    private static bool WaitFor(string file) => SpinWait.SpinUntil(() => File.Exists(file), LockPatience);

    private sealed record Layout(int LogPartitions);
}
