using Microsoft.Extensions.Logging;
using Recs.Engine.Storage;

namespace Recs.Engine.Ranking.Objectives;

/// <summary>
/// The scoring settings in force, from a file that an operator may edit. A file that does not parse changes nothing and
/// is reported once. Thread-safe.
/// </summary>
public sealed class ScoringBook(string file, ILogger logger)
{
    private readonly Lock _reading = new();
    private volatile ScoringSettings _current = ScoringSettings.Default;
    private DateTime _readAt;

    public ScoringSettings Current => _current;

    /// <summary>The version that looks on, and so must not serve; null when none does.</summary>
    public string? ShadowModel => _current.Shadow?.Model;

    /// <summary>The same as of now. A shadow is named before its folder appears: who lists the folders first, and then asks, never takes it for another.</summary>
    public string? ReadShadowModel()
    {
        Refresh();
        return ShadowModel;
    }

    /// <summary>Reads the file when it changed since the last look.</summary>
    public void Refresh()
    {
        lock (_reading)
        {
            var changedAt = File.Exists(file) ? File.GetLastWriteTimeUtc(file) : default;
            if (changedAt == _readAt)
                return;
            _readAt = changedAt;
            if (changedAt == default)
            {
                _current = ScoringSettings.Default;
                return;
            }

            try
            {
                _current = ScoringJson.Parse(File.ReadAllBytes(file));
                logger.LogInformation(
                    "{Objectives} objectives are in force from {File}; shadow model: {Shadow}.", _current.Objectives.Count, file, ShadowModel ?? "none");
            }
            catch (Exception e) when (e is RecommenderException or IOException or UnauthorizedAccessException)
            {
                // What could not be read is read again at the next look.
                if (e is not RecommenderException)
                    _readAt = DateTime.MinValue;
                logger.LogError("The scoring settings in {File} were refused, the earlier ones go on: {Problem}", file, e.Message);
            }
        }
    }

    /// <summary>The version that a data folder's settings name; null when they name none or are not legal.</summary>
    public static string? NamedShadow(string file)
    {
        var book = new ScoringBook(file, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        book.Refresh();
        return book.ShadowModel;
    }

    /// <summary>Names the version that looks on, in the file of a data folder; the other settings stay. Throws when the file is not legal.</summary>
    public static void SetShadow(string file, ShadowSettings? shadow)
    {
        var settings = (File.Exists(file) ? ScoringJson.Parse(File.ReadAllBytes(file)) : ScoringSettings.Default) with { Shadow = shadow };
        settings.Check();
        DiskFiles.Instance.Replace(file, ScoringJson.Write(settings));
    }
}
