using Recs.Training.Evaluation;
using Recs.Training.Evaluation.Protocols;
using Recs.Training.OfflineModels;
using Recs.Training.Tests.Import;

namespace Recs.Training.Tests.Evaluation;

public sealed class ProtocolReaderTests
{
    [Fact]
    public void Every_prefix_of_a_test_session_asks_for_its_next_item_in_order_of_time()
    {
        using var folder = new TempFolder();
        const string Header = "SessionId\tItemId\tTime\n";
        folder.Write("train.txt", Header + "2\t30\t20.5\n2\t10\t10\n1\t10\t5\n1\t20\t6\n");
        folder.Write("valid.txt", Header + "3\t10\t30\n3\t20\t31\n");
        folder.Write("test.txt", Header + "4\t20\t42\n4\t10\t41\n4\t30\t43.25\n");
        var tasks = ProtocolReader.Read(ProtocolTable.Named("serenade-example"), folder.Root);
        Assert.Equal(["10", "20", "30"], tasks.Test.ItemIds);
        // Sessions by their end, items by their time.
        Assert.Equal([0, 1, 0, 2], tasks.Test.Train.Items);
        Assert.Equal([5_000, 6_000, 10_000, 20_500], tasks.Test.Train.AtMs);
        Assert.Equal([[0], [0, 1]], tasks.Test.Queries.Select(q => q.History));
        Assert.Equal([[1], [2]], tasks.Test.Queries.Select(q => q.Relevant));
        Assert.Equal([41_000, 42_000], tasks.Test.Queries.Select(q => q.AtMs));
        Assert.Single(tasks.Validation.Queries);
        Assert.False(tasks.Test.MaskHistory);
    }

    [Fact]
    public void The_next_item_split_leaves_test_users_out_of_validation()
    {
        using var folder = new TempFolder();
        folder.Write("train.txt", "1 2 3\n4 5 6 7\n");
        folder.Write("validation_input.txt", "4 5 6 7 8\n");
        folder.Write("validation_target.txt", "9\n");
        var tasks = ProtocolReader.Read(ProtocolTable.Named("ml-1m-next"), folder.Root);
        var query = Assert.Single(tasks.Validation.Queries);
        Assert.Equal(["1", "2"], query.History.Select(i => tasks.Test.ItemIds[i]));
        Assert.Equal(["3"], query.Relevant.Select(i => tasks.Test.ItemIds[i]));
        Assert.Equal(6, tasks.Validation.Train.Items.Length);
        Assert.Equal(["9"], Assert.Single(tasks.Test.Queries).Relevant.Select(i => tasks.Test.ItemIds[i]));
    }

    [Fact]
    public void What_is_wrong_is_named_with_file_and_line()
    {
        using var folder = new TempFolder();
        var protocol = ProtocolTable.Named("yoochoose-64");
        Assert.Contains("train_sessions.txt", Assert.Throws<RecommenderException>(() => ProtocolReader.Read(protocol, folder.Root)).Message, StringComparison.Ordinal);
        folder.Write("train_sessions.txt", "1 2\n2 x\n");
        folder.Write("test.txt", "1\t2\n");
        Assert.Contains("train_sessions.txt, line 2", Assert.Throws<InvalidDataException>(() => ProtocolReader.Read(protocol, folder.Root)).Message, StringComparison.Ordinal);
        Assert.Contains("ml-1m-next", Assert.Throws<RecommenderException>(() => ProtocolTable.Named("nothing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_protocol_has_a_model_that_parses_and_a_target_among_its_cutoffs()
    {
        foreach (var protocol in ProtocolTable.All)
        {
            Assert.NotNull(ModelSpec.Parse(protocol.Chosen).Create());
            var (metric, k) = Training.Tuning.HalvingSearch.Target(protocol);
            Assert.Contains(metric, Training.Evaluation.Metrics.TopKMetrics.Names);
            Assert.Equal(protocol.Cutoffs[0], k);
        }
    }
}
