// hnswlib on the files of a set: FOLDER l2|ip -> JSON lines. g++ -O3 -march=native -pthread; Debian's libhnswlib-dev.
#include <hnswlib/hnswlib.h>
#include <time.h>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

template <class T>
static std::vector<T> Read(const std::string& path, int& length, size_t& rows) {
    FILE* file = fopen(path.c_str(), "rb");
    if (!file || fread(&length, 4, 1, file) != 1) exit(1);
    fseek(file, 0, SEEK_END);
    rows = ftell(file) / (4 * (length + 1));
    rewind(file);
    std::vector<T> values(rows * length);
    for (size_t row = 0; row < rows; row++) {
        int each;
        if (fread(&each, 4, 1, file) != 1 || fread(&values[row * length], 4, length, file) != (size_t)length) exit(1);
    }
    fclose(file);
    return values;
}

static double Wall() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

static double Cpu() {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(int, char** arguments) {
    const std::string folder = arguments[1];
    int dimension, wanted;
    size_t count, queries, truths;
    auto base = Read<float>(folder + "/base.fvecs", dimension, count);
    auto asked = Read<float>(folder + "/query.fvecs", dimension, queries);
    auto truth = Read<int>(folder + "/truth.ivecs", wanted, truths);
    std::unique_ptr<hnswlib::SpaceInterface<float>> space;
    if (std::string(arguments[2]) == "l2") space.reset(new hnswlib::L2Space(dimension));
    else space.reset(new hnswlib::InnerProductSpace(dimension));

    const int M = 16, construction = 200;
    double begun = Wall();
    hnswlib::HierarchicalNSW<float> index(space.get(), count, M, construction);
    index.addPoint(&base[0], 0);
    std::atomic<size_t> next{1};
    auto insert = [&] { for (size_t n; (n = next++) < count;) index.addPoint(&base[n * dimension], n); };
    std::thread other(insert);
    insert();
    other.join();
    double build = Wall() - begun;
    double bytes = index.size_data_per_element_ + (double)index.size_links_per_element_ / M + sizeof(void*) + sizeof(int) + 40;

    for (int ef : {100, 120, 150, 200, 300, 400, 600, 800, 1200}) {
        index.setEf(ef);
        size_t hits = 0, hits10 = 0;
        double best = 1e30, cpu = 1e30;
        for (int round = 0; round < 3; round++) {
            hits = hits10 = 0;
            double wall = Wall(), used = Cpu(), check = 0, checkCpu = 0;
            for (size_t q = 0; q < queries; q++) {
                auto found = index.searchKnn(&asked[q * dimension], 100);
                double w = Wall(), c = Cpu();
                std::unordered_set<int> right(&truth[q * wanted], &truth[q * wanted] + 100), right10(&truth[q * wanted], &truth[q * wanted] + 10);
                for (; !found.empty(); found.pop()) {
                    hits += right.count((int)found.top().second);
                    if (found.size() <= 10) hits10 += right10.count((int)found.top().second);
                }
                check += Wall() - w;
                checkCpu += Cpu() - c;
            }
            best = std::min(best, Wall() - wall - check);
            cpu = std::min(cpu, Cpu() - used - checkCpu);
        }
        double recall = hits / (100.0 * queries);
        printf("{\"peer\":\"hnswlib M=16\",\"params\":\"ef=%d\",\"recall\":%.5f,\"recall10\":%.5f,\"qps\":%.1f,\"cpuQps\":%.1f,\"buildSeconds\":%.1f,\"bytesPerVector\":%.0f}\n",
               ef, recall, hits10 / (10.0 * queries), queries / best, queries / cpu, build, bytes);
        fflush(stdout);
        if (recall > 0.995 || queries / cpu < 150) break;
    }
    return 0;
}
