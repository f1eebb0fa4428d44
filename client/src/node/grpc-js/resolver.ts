import { type ChannelOptions, experimental } from "@grpc/grpc-js";

type Target = experimental.GrpcUri;
type Listener = experimental.ResolverListener;
type Result = Parameters<Listener>[0];

/** Scheme of a target that lists addresses: `rerankd:first:7998,second:7998`. */
export const addressListScheme = "rerankd";

/**
 * Resolves a list of addresses, which grpc-js can do only for addresses that are numbers: each one
 * by grpc-js's own DNS resolver, and what they find is put together. An address that cannot be
 * found is left out as long as another can be.
 */
class AddressListResolver implements experimental.Resolver {
  readonly #resolvers: readonly experimental.Resolver[];
  readonly #results = new Map<number, Result>();

  constructor(target: Target, listener: Listener, options: ChannelOptions) {
    this.#resolvers = target.path.split(",").map((path, index) => {
      const take: Listener = (result, attributes, serviceConfig, note) => {
        this.#results.set(index, result);
        return this.#publish((all) => listener(all, attributes, serviceConfig, note));
      };
      return experimental.createResolver({ scheme: "dns", path }, take, options);
    });
  }

  #publish(tell: (result: Result) => boolean): boolean {
    const results = [...this.#results.values()];
    const endpoints = results.flatMap((result) => (result.ok ? result.value : []));
    if (endpoints.length > 0) return tell({ ok: true, value: endpoints });
    const [failure] = results.filter(({ ok }) => !ok);
    // Others may still be found.
    if (!failure || results.length < this.#resolvers.length) return true;
    return tell(failure);
  }

  updateResolution(): void {
    for (const resolver of this.#resolvers) resolver.updateResolution();
  }

  destroy(): void {
    this.#results.clear();
    for (const resolver of this.#resolvers) resolver.destroy();
  }

  static getDefaultAuthority({ path }: Target): string {
    return path.slice(0, path.indexOf(","));
  }
}

/** Makes the scheme known to grpc-js. */
export function registerAddressLists(): void {
  experimental.registerResolver(addressListScheme, AddressListResolver);
}
