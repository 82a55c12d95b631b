namespace Recs.Training.Evaluation.Protocols;

/// <summary>The protocols that can be run by name.</summary>
public static class ProtocolTable
{
    public static IReadOnlyList<Protocol> All { get; } =
    [
        new Protocol
        {
            Name = "ml-100k-recommenders",
            About = "MovieLens 100K, 75/25 split by item, 10 unseen items to each of 943 users, every test row relevant.",
            Format = ProtocolFormat.RatingSplit,
            Files = Files(("train", "recommenders-split/train.tsv"), ("test", "recommenders-split/test.tsv"), ("titles", "u.item")),
            MaskHistory = true,
            Cutoffs = [10],
            Target = "ndcg@10",
            Validation = "a quarter of each item's training rows, drawn with seed 1",
            Chosen = "two-stage linear=1 ascent=1"
                + " | als rank=128"
                + " | ease lambda=300"
                + " | als rank=64",
            Published =
            [
                Row("SAR", ("map@10", .1140), ("ndcg@10", .3938), ("precision@10", .3406), ("recall@10", .1854)),
                Row("LightGCN", ("map@10", .1209), ("ndcg@10", .4164), ("precision@10", .3592), ("recall@10", .1960)),
                Row("BPR", ("map@10", .1340), ("ndcg@10", .4450), ("precision@10", .3887), ("recall@10", .2166)),
                Row("BiVAE", ("map@10", .1436), ("ndcg@10", .4687), ("precision@10", .4082), ("recall@10", .2209)),
                Row("EASE, lambda 500", ("map@10", .1491), ("ndcg@10", .4829), ("precision@10", .4198), ("recall@10", .2277)),
            ],
        },
        new Protocol
        {
            Name = "ml-1m-temporal",
            About = "MovieLens 1M, ratings of 4 and more split by time, train and validation items masked.",
            Format = ProtocolFormat.IndexSplit,
            Files = Files(("train", "train.tsv"), ("valid", "valid.tsv"), ("test", "test.tsv")),
            MaskHistory = true,
            Cutoffs = [20, 10],
            Target = "ndcg@20",
            Validation = "the published validation file, trained on the training file alone",
            Chosen = "ease lambda=500",
            Published =
            [
                Row("popularity", ("recall@20", .0993), ("ndcg@20", .0721)),
                Row("L-DiffRec", ("recall@20", .1730), ("ndcg@20", .1085)),
                Row("EASE on train", ("recall@20", .1836), ("ndcg@20", .1168)),
                Row("EASE on train and valid", ("recall@20", .2459), ("ndcg@20", .1680)),
            ],
        },
        new Protocol
        {
            Name = "ml-1m-next",
            About = "MovieLens 1M, the next item of 512 users, ranked among all unseen items.",
            Format = ProtocolFormat.NextItemLines,
            Files = Files(("train", "train.txt"), ("input", "validation_input.txt"), ("target", "validation_target.txt")),
            MaskHistory = true,
            Cutoffs = [10, 1, 5],
            Target = "ndcg@10",
            Validation = "the last item of 2,000 training histories, drawn with seed 1 among those of other users",
            Chosen = "two-stage linear=1"
                + " | covisit"
                + " | covisit decay=5 window=40 recency=10 target=0.2 backward=0.3"
                + " | linear together=0.02 lambda=100 past=3 future=1 recency=5 window=40"
                + " | ease lambda=300 recency=60"
                + " | als recency=200 rank=96"
                + " | attention epochs=36 heads=2 negatives=512 once=1 rate=0.002 unmet=12",
            Published =
            [
                Row("transition kNN, untuned", ("hr@10", .2695), ("ndcg@10", .1541)),
                Row("SASRec", ("ndcg@10", .1428)),
                Row("gSASRec", ("ndcg@10", .1974)),
            ],
        },
        new Protocol
        {
            Name = "yoochoose-64",
            About = "Yoochoose 1/64, the next item after every prefix of a session; met items may come again.",
            Format = ProtocolFormat.SessionPrefixes,
            Files = Files(("train", "train_sessions.txt"), ("test", "test.txt")),
            MaskHistory = false,
            Cutoffs = [20, 10],
            Target = "mrr@20",
            Validation = "the prefixes of the last 5 % of the training sessions, which are in order of time",
            Chosen = "two-stage candidates=60"
                + " | sessions age=0.535 backward=0.684 distance=0.413 k=93.8 last=5.37 length=0.132 m=407 query=0.728 rarity=0.288 repeat=0.157"
                + " | sessions age=1.5 k=500 repeat=0.3"
                + " | covisit decay=1 window=5 recency=0.6 runDecay=0.3 backward=0.5 target=0.1 source=0.9"
                + " | linear together=0.1 lambda=10 past=2 future=1 diagonal=0.5 recency=1.5 runDecay=0.3 window=20 kept=300 maxItems=5000"
                + " | popularity decay=0.02",
            Published =
            [
                Row("Item-KNN", ("hr@20", .5160), ("mrr@20", .2181)),
                Row("GRU4Rec", ("hr@20", .6064), ("mrr@20", .2289)),
                Row("VMIS-kNN, untuned, every 4th row", ("hr@20", .6729), ("mrr@20", .2721)),
                Row("NARM", ("hr@20", .6832), ("mrr@20", .2863)),
                Row("SR-GNN", ("hr@20", .7057), ("mrr@20", .3094)),
                Row("SLIST", ("hr@20", .7088)),
            ],
        },
        new Protocol
        {
            Name = "serenade-example",
            About = "bol.com's example sessions, the next item after every prefix.",
            Format = ProtocolFormat.SessionEvents,
            Files = Files(("train", "train.txt"), ("valid", "valid.txt"), ("test", "test.txt")),
            MaskHistory = false,
            Cutoffs = [20],
            Target = "mrr@20",
            Validation = "the published validation file",
            Chosen = "two-stage"
                + " | sessions age=2.42 backward=0.764 distance=1.08 k=33.2 last=11.5 length=0.103 m=1700 query=2.03 rarity=0.352 repeat=0.0986"
                + " | sessions age=2.42 backward=0.764 distance=1.08 k=500 last=11.5 length=0.103 m=1700 query=2.03 rarity=0.352 repeat=0.0986"
                + " | covisit backward=0.5 target=0.2 window=10"
                + " | covisit backward=1 decay=0.7 window=5 recency=0.7",
            Published =
            [
                Row("Serenade", ("hr@20", .6402), ("mrr@20", .3277), ("ndcg@20", .3553)),
                Row("Serenade, tuned", ("mrr@20", .3401)),
            ],
        },
        new Protocol
        {
            Name = "rsc15-100k",
            About = "A sample of RSC15 with times, the 387 events that a published VSKNN list covers.",
            Format = ProtocolFormat.SessionEventsOfList,
            Files = Files(
                ("train", "yoochoose-clicks-100k_train_full.txt"), ("test", "yoochoose-clicks-100k_test.txt"),
                ("innerTrain", "yoochoose-clicks-100k_train_tr.txt"), ("valid", "yoochoose-clicks-100k_train_valid.txt"),
                ("list", "recoms_rsc15_100k_vsknn.csv")),
            MaskHistory = false,
            Cutoffs = [20],
            Target = "mrr@20",
            Validation = "the published inner split",
            Chosen = "two-stage"
                + " | sessions age=0.535 backward=0.684 distance=0.413 k=93.8 last=5.37 length=0.132 m=407 query=0.728 rarity=0.288 repeat=0.157"
                + " | sessions age=1.5 k=500 repeat=0.3"
                + " | covisit backward=0.5 target=0.2 window=10"
                + " | covisit backward=1 decay=0.7 window=5 recency=0.7",
            Published =
            [
                Row("VSKNN", ("hr@20", .6098), ("mrr@20", .3342)),
                Row("GRU4Rec", ("hr@20", .5711), ("mrr@20", .3289)),
            ],
        },
    ];

    /// <summary>Throws <see cref="RecommenderException"/> naming those there are.</summary>
    public static Protocol Named(string name) =>
        All.FirstOrDefault(p => p.Name == name)
        ?? throw RecommenderException.Invalid("protocol", name, string.Join(", ", All.Select(static p => p.Name)));

    private static Dictionary<string, string> Files(params (string For, string Path)[] files) => files.ToDictionary(f => f.For, f => f.Path);

    private static PublishedRow Row(string method, params (string Metric, double Value)[] values) =>
        new(method, values.ToDictionary(v => v.Metric, v => v.Value));
}
