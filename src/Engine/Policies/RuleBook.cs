using Microsoft.Extensions.Logging;
using Recs.Engine.Storage;

namespace Recs.Engine.Policies;

/// <summary>
/// The rules in force, from a file that an operator may edit or replace over HTTP. A file that does not parse changes
/// nothing and is reported once. Thread-safe.
/// </summary>
public sealed class RuleBook(string file, ILogger logger)
{
    private readonly Lock _writing = new();
    private volatile RuleSet _current = RuleSet.Empty;
    private DateTime _readAt;

    public RuleSet Current => _current;

    /// <summary>Reads the file when it changed since the last look.</summary>
    public void Refresh()
    {
        lock (_writing)
        {
            var changedAt = File.Exists(file) ? File.GetLastWriteTimeUtc(file) : default;
            if (changedAt == _readAt)
                return;
            _readAt = changedAt;
            if (changedAt == default)
            {
                _current = RuleSet.Empty;
                return;
            }

            try
            {
                _current = RuleSetJson.Parse(File.ReadAllBytes(file));
                logger.LogInformation("{Rules} rules are in force from {File}.", _current.Rules.Count, file);
            }
            catch (Exception e) when (e is RecommenderException or IOException)
            {
                logger.LogError("The rules in {File} were refused, the earlier ones go on: {Problem}", file, e.Message);
            }
        }
    }

    /// <summary>Checks, makes durable, puts in force: all or nothing.</summary>
    public void Replace(RuleSet set)
    {
        set.Check();
        lock (_writing)
        {
            DiskFiles.Instance.Replace(file, RuleSetJson.Write(set));
            _readAt = File.GetLastWriteTimeUtc(file);
            _current = set;
        }
    }
}
