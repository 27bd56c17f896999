package org.localq.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;

/** The variables that tell a job which ids of named resources are its own. */
public final class ResourceVariables {
  /** The resource whose ids the libraries of its makers look for. */
  public static final String GPU = "gpu";

  private static final String OF_A_RESOURCE = "LOCALQ_RESOURCE_";
  private static final String OF_GPUS = "LOCALQ_JOB_GPUS";

  /** The ids themselves, as CUDA and ROCm number or name them. */
  private static final List<String> BY_ID = List.of("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES");

  /**
   * HIP counts the devices that ROCR_VISIBLE_DEVICES has left, from 0 on: under the same ids as
   * there it would look for some that it can't see. And without this it would take CUDA's variable
   * for its own.
   */
  private static final String BY_PLACE = "HIP_VISIBLE_DEVICES";

  private ResourceVariables() {}

  /**
   * What a job finds in its environment.
   *
   * @param resources all that the queue has: where there are GPUs among them, a job that was given
   *     none sees none, or it would use somebody's
   */
  public static Map<String, String> of(Given given, SortedMap<String, Pool> resources) {
    Map<String, String> variables = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> resource : given.ids().entrySet()) {
      String name = resource.getKey().toUpperCase(Locale.ROOT);
      variables.put(OF_A_RESOURCE + name, list(resource.getValue()));
    }
    if (resources.containsKey(GPU)) {
      List<String> gpus = given.of(GPU);
      for (String name : BY_ID) {
        variables.put(name, list(gpus));
      }
      variables.put(BY_PLACE, list(places(gpus.size())));
      if (!gpus.isEmpty()) {
        variables.put(OF_GPUS, list(gpus));
      }
    }
    return variables;
  }

  private static List<String> places(int count) {
    List<String> places = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      places.add(Integer.toString(i));
    }
    return places;
  }

  private static String list(List<String> ids) {
    return String.join(Pool.BETWEEN, ids);
  }
}
