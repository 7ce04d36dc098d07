/* The engine's sums of exponentials, compiled: what a kernel of one's own would gain. For the measurement only.
   share, rate: (terms, patients). A flow per hour from 0 until `during` even steps are over. out: (times, patients). */
#include <math.h>

#define LANES 64
#define MOST_TERMS 8

void course(const double *share, const double *rate, int terms, int patients, double flow, int during, double step,
            int times, double *out) {
    double level[MOST_TERMS][LANES], factor[MOST_TERMS][LANES], away[MOST_TERMS][LANES], steady[LANES], sum[LANES];
    for (int begin = 0; begin < patients; begin += LANES) {
        int some = patients - begin < LANES ? patients - begin : LANES;
        for (int j = 0; j < LANES; j++) steady[j] = 0;
        for (int i = 0; i < terms; i++)
            for (int j = 0; j < some; j++) {
                double k = rate[(long)i * patients + begin + j];
                level[i][j] = flow * share[(long)i * patients + begin + j] / k;
                factor[i][j] = exp(-k * step);
                away[i][j] = -level[i][j];
                steady[j] += level[i][j];
            }
        for (int t = 0; t < times; t++) {
            if (t == during) { /* the pump has stopped: what is there now only falls */
                for (int i = 0; i < terms; i++)
                    for (int j = 0; j < some; j++) away[i][j] += level[i][j];
                for (int j = 0; j < LANES; j++) steady[j] = 0;
            }
            for (int j = 0; j < LANES; j++) sum[j] = steady[j];
            for (int i = 0; i < terms; i++)
                for (int j = 0; j < LANES; j++) {
                    away[i][j] *= factor[i][j];
                    sum[j] += away[i][j];
                }
            for (int j = 0; j < some; j++) out[(long)t * patients + begin + j] = sum[j];
        }
    }
}
