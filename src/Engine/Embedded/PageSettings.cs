using System.Text.Json;
using Recs.Engine.Pipeline;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>
/// How the host of a data folder makes its pages. It is kept there as "pages.json" by whoever serves from the folder, when
/// that starts: what is trained, replayed or opened beside it makes pages of the same candidates and sessions. Immutable.
/// </summary>
public sealed record PageSettings
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private static readonly RecommenderOptions Defaults = new();

    /// <inheritdoc cref="PageOptions.CandidatesPerSource"/>
    public int CandidatesPerSource { get; init; } = Defaults.CandidatesPerSource;

    /// <inheritdoc cref="PageOptions.MaxCandidates"/>
    public int MaxCandidates { get; init; } = Defaults.MaxCandidates;

    /// <inheritdoc cref="PageOptions.MaxCategoryShare"/>
    public double MaxCategoryShare { get; init; } = Defaults.MaxCategoryShare;

    /// <inheritdoc cref="PageOptions.ExplorationSlots"/>
    public int ExplorationSlots { get; init; } = Defaults.ExplorationSlots;

    /// <inheritdoc cref="PageOptions.Seed"/>
    public int Seed { get; init; } = Defaults.Seed;

    /// <summary>Caps and half-lives of the sessions that pages are made from.</summary>
    public SessionOptions Sessions { get; init; } = Defaults.Sessions;

    /// <summary>Those of a host's options.</summary>
    public static PageSettings Of(PageOptions options, SessionOptions sessions) => new()
    {
        CandidatesPerSource = options.CandidatesPerSource,
        MaxCandidates = options.MaxCandidates,
        MaxCategoryShare = options.MaxCategoryShare,
        ExplorationSlots = options.ExplorationSlots,
        Seed = options.Seed,
        Sessions = sessions,
    };

    /// <summary>Those of a folder's host; the defaults where none has served from it yet.</summary>
    /// <exception cref="RecommenderException">Invalid: a value is out of its range.</exception>
    /// <exception cref="InvalidDataException">The file is damaged; the host's next start mends it.</exception>
    public static PageSettings Read(string root)
    {
        var file = DataFolder.Pages(root);
        if (!File.Exists(file))
            return new PageSettings();
        PageSettings? settings;
        try
        {
            settings = JsonSerializer.Deserialize<PageSettings>(File.ReadAllBytes(file), Json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{file}' is damaged: {e.Message}", e);
        }

        if (settings is not { Sessions: not null })
            throw new InvalidDataException($"'{file}' is damaged: it holds no settings.");
        OptionsCheck.Throw(settings.ApplyTo(Defaults));
        OptionsCheck.Throw(settings.Sessions);
        return settings;
    }

    /// <summary>Options that make pages over a folder as its own host does.</summary>
    /// <exception cref="RecommenderException">As <see cref="Read"/>.</exception>
    /// <exception cref="InvalidDataException">As <see cref="Read"/>.</exception>
    public static RecommenderOptions OptionsOf(string root) => Read(root).ApplyTo(new RecommenderOptions { DataDirectory = root });

    /// <summary>The options with these settings in the place of their own.</summary>
    public RecommenderOptions ApplyTo(RecommenderOptions options) => options with
    {
        CandidatesPerSource = CandidatesPerSource,
        MaxCandidates = MaxCandidates,
        MaxCategoryShare = MaxCategoryShare,
        ExplorationSlots = ExplorationSlots,
        Seed = Seed,
        Sessions = Sessions,
    };

    /// <summary>Whether the folder says just this.</summary>
    internal bool AreIn(string root) =>
        File.Exists(DataFolder.Pages(root)) && File.ReadAllBytes(DataFolder.Pages(root)).AsSpan().SequenceEqual(Encode());

    /// <summary>Durable when it returns. One process writes at a time.</summary>
    internal void Write(string root)
    {
        if (!AreIn(root))
            DiskFiles.Instance.Replace(DataFolder.Pages(root), Encode());
    }

    private byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, Json);
}
